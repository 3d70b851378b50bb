"""Git's objects as bytes and back: pure functions, after gitformat-pack(5) and git's own fsck.

A name in a tree is bytes. Here it is text, with bytes that are not UTF-8 kept as lone surrogates
(Python's `surrogateescape`), so that any tree survives a round trip; `printable` makes such a
name fit for an answer. Messages and names of people are only shown: there such bytes are U+FFFD.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from hearthub.errors import BadRequest

if TYPE_CHECKING:
    from hashlib import _Hash


class Kind(IntEnum):
    """Git's object types, by their numbers in a pack."""

    COMMIT = 1
    TREE = 2
    BLOB = 3
    TAG = 4

    @property
    def word(self) -> str:
        """As git writes it: `commit`, `tree`, ..."""
        return self.name.lower()


FILE = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
FOLDER = 0o40000
SUBMODULE = 0o160000


class TreeEntry(NamedTuple):
    name: str
    mode: int
    oid: str

    @property
    def is_folder(self) -> bool:
        return self.mode == FOLDER


@dataclass(frozen=True)
class Signature:
    """Who, and `when`: seconds since 1970, with the offset of their clock (`+0100`)."""

    name: str
    email: str
    when: int
    tz: str = "+0000"


@dataclass(frozen=True)
class Commit:
    """`extra` holds further headers (gpgsig, encoding, ...) as (key, value), in their order."""

    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        return self.message.lstrip("\n").partition("\n")[0].strip()


@dataclass(frozen=True)
class Tag:
    target: str
    kind: Kind
    name: str
    tagger: Signature | None
    message: str


def hasher(kind: Kind, size: int) -> "_Hash":
    """A SHA-1 that has read the object's header; feed it the `size` bytes of the content."""
    return hashlib.sha1(b"%s %d\0" % (kind.word.encode(), size), usedforsecurity=False)


def oid_of(kind: Kind, data: bytes) -> str:
    digest = hasher(kind, len(data))
    digest.update(data)
    return digest.hexdigest()


def blob_oid(content: bytes) -> str:
    """What git calls a file of this content."""
    return oid_of(Kind.BLOB, content)


EMPTY_TREE = oid_of(Kind.TREE, b"")
EMPTY_BLOB = oid_of(Kind.BLOB, b"")


def printable(name: str) -> str:
    """A name without lone surrogates, for JSON and pages."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


# -- trees --

_ENTRY = re.compile(rb"([0-7]{1,7}) ([^\0]+)\0(.{20})", re.DOTALL)


def encode_tree(entries: Iterable[TreeEntry]) -> bytes:
    rows = []
    for name, mode, oid in entries:
        key = name.encode(errors="surrogateescape")
        row = b"%o %s\0%s" % (mode, key, bytes.fromhex(oid))
        # Git compares names as bytes, a folder's as if it ended in a slash.
        rows.append((key + b"/" if mode == FOLDER else key, row))
    rows.sort()
    return b"".join([row for _, row in rows])


def decode_tree(data: bytes) -> dict[str, TreeEntry]:
    """The entries by name, in git's order. BadRequest when the bytes are no tree."""
    tree: dict[str, TreeEntry] = {}
    length = 0
    for mode, raw, oid in _ENTRY.findall(data):
        name = raw.decode(errors="surrogateescape")
        tree[name] = TreeEntry(name, int(mode, 8), oid.hex())
        length += len(mode) + len(raw) + 22
    if length != len(data):
        raise BadRequest("Malformed git tree")
    return tree


def tree_links(data: bytes) -> list[bytes]:
    """The oids a tree names, submodules left out. BadRequest when the bytes are no tree."""
    links, length = [], 0
    for mode, raw, oid in _ENTRY.findall(data):
        length += len(mode) + len(raw) + 22
        if mode != b"160000":
            links.append(oid)
    if length != len(data):
        raise BadRequest("Malformed git tree")
    return links


# -- commits and tags --

_SIGNATURE = re.compile(r"(.*?) ?<([^>]*)>(?: (-?\d{1,18}))?(?: ([+-]\d{4}))?")
_NAMING = frozenset({"tree", "parent", "object", "type"})
_NOT_IN_SIGNATURE = re.compile(r"[<>\x00-\x1f\x7f]+")


def encode_commit(commit: Commit) -> bytes:
    lines = [f"tree {commit.tree}", *(f"parent {parent}" for parent in commit.parents)]
    lines.append(f"author {_encode_signature(commit.author)}")
    lines.append(f"committer {_encode_signature(commit.committer)}")
    lines.extend(f"{key} {value}".replace("\n", "\n ") for key, value in commit.extra)
    return _encode_text(lines, commit.message)


def decode_commit(data: bytes) -> Commit:
    """BadRequest when a header is missing. Text is read in the commit's own encoding.

    As git reads it, and as it was judged when it came: its tree is the first that is named, its
    parents stand before its author. Further lines of such names mean nothing.
    """
    headers, message = _decode_text(data)
    known = dict(headers[::-1])  # the first of each name
    above = takewhile(lambda header: header[0] != "author", headers)
    try:
        return Commit(
            tree=known["tree"],
            parents=tuple(value for key, value in above if key == "parent"),
            author=_decode_signature(known["author"]),
            committer=_decode_signature(known["committer"]),
            message=message,
            extra=tuple(
                header
                for header in headers
                if header[0] not in ("tree", "parent", "author", "committer")
            ),
        )
    except KeyError as missing:
        raise BadRequest(f"Malformed git commit: no {missing.args[0]}") from None


def encode_tag(tag: Tag) -> bytes:
    lines = [f"object {tag.target}", f"type {tag.kind.word}", f"tag {tag.name}"]
    if tag.tagger:
        lines.append(f"tagger {_encode_signature(tag.tagger)}")
    return _encode_text(lines, tag.message)


def decode_tag(data: bytes) -> Tag:
    """BadRequest when a header is missing. Of each name the first counts."""
    headers, message = _decode_text(data)
    known = dict(headers[::-1])
    try:
        return Tag(
            target=known["object"],
            kind=Kind[known["type"].upper()],
            name=known["tag"],
            tagger=_decode_signature(known["tagger"]) if "tagger" in known else None,
            message=message,
        )
    except KeyError as missing:
        raise BadRequest(f"Malformed git tag: {missing.args[0]}") from None


def _encode_text(headers: list[str], message: str) -> bytes:
    text = "\n".join([*headers, "", message.replace("\0", "")])
    return text.encode(errors="replace")


def _decode_text(data: bytes) -> tuple[list[tuple[str, str]], str]:
    head, _, message = data.partition(b"\n\n")
    found = re.search(rb"^encoding ([\w.:-]{1,40})$", head, re.MULTILINE)
    encoding = found[1].decode() if found else "utf-8"
    headers = []
    # Lines are made of bytes: a text in UTF-7, say, can have a line end that git does not see.
    for line in head.replace(b"\n ", b"\0").split(b"\n"):  # \0: a header goes on
        key, _, value = line.partition(b" ")
        name = key.decode(errors="replace")
        text = _decode(value, "utf-8" if name in _NAMING else encoding)
        headers.append((name, text.replace("\0", "\n")))
    return headers, _decode(message, encoding)


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, "replace")
    except (LookupError, ValueError):  # unknown, or not an encoding of text
        return data.decode(errors="replace")


def _encode_signature(signature: Signature) -> str:
    name = _NOT_IN_SIGNATURE.sub(" ", signature.name).strip() or "unknown"
    email = _NOT_IN_SIGNATURE.sub("", signature.email).strip()
    tz = signature.tz if re.fullmatch(r"[+-]\d{4}", signature.tz, re.ASCII) else "+0000"
    return f"{name} <{email}> {max(0, signature.when)} {tz}"


def _decode_signature(text: str) -> Signature:
    found = _SIGNATURE.match(text)
    if not found:
        return Signature(text, "", 0)
    name, email, when, tz = found.groups()
    return Signature(name, email, int(when or 0), tz or "+0000")
