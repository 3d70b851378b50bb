"""Whether a `.gitmodules` may enter a repo: those of other people's clones are told by it which
folders to make and which programs to ask, so that git has been attacked through it.

The rules are those of `git fsck --strict` (fsck.c, submodule-config.c), and the reader is git's
own (config.c), character for character: what it understands otherwise, an attack could hide in.
What it cannot read at all is let pass, as git lets it: then no client does more than complain.

    CVE-2018-11235    a name such as `../../x` is a folder outside of .git/modules
    CVE-2018-17456    a url or path that starts with `-` is an option of the program that gets it
    CVE-2019-19604    `update = !command` is run
    CVE-2020-11008    a url with a line break in it, or without a host: sends credentials elsewhere
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from hearthub.errors import Unprocessable
from hearthub.registry.pointers import parse_pointer

NAME = ".gitmodules"
MAX_SIZE = 2**19
"""Bytes of one. Those of large projects have some ten thousand."""

# How Windows and macOS spell it too, which fsck knows: short names, and what they drop.
_SHORT = re.compile(r"gitmod~[1-4]|(?=.{8}$)(?:gi7eba|gi7eb|gi7e|gi7|gi|g)?~[1-9][0-9]*")
_DROPPED = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]|[ .]*(?::.*)?$", re.DOTALL)

_COMMENT = re.compile(rb"[#;][^\n]*")
_BLANK = re.compile(rb"[ \t\n\r]+")
_KEY = re.compile(rb"[A-Za-z][A-Za-z0-9-]*")
_SECTION = re.compile(rb"\[([A-Za-z0-9.-]*)")
_SUBSECTION = re.compile(rb'[ \t\r]+"((?:[^"\\\n]|\\[^\n])*)"\]')
_VALUE = re.compile(rb'[^\\"#; \t\n\r]+')
_ESCAPES = {b"t": b"\t", b"b": b"\b", b"n": b"\n", b"\\": b"\\", b'"': b'"', b"\n": b""}
_UP = re.compile(rb"(?:\.\.?/)*")
_OUT_OF = re.compile(rb"(?:\A|[/\\])\.\.(?:[/\\]|\Z)")
_WEB = re.compile(rb"(?:https?|ftps?)(?:::|://)")
_HOST = re.compile(rb"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?[^/?#:]+", re.IGNORECASE)


def plain(name: str) -> str:
    """A name as the file system of Windows or macOS knows it."""
    return _DROPPED.sub("", name).lower()


def is_modules(name: str) -> bool:
    """Whether git takes a file of this name for the list of submodules, on some system."""
    if len(name) < 8 or (name[0] not in ".gG~" and name.isascii()):
        return False
    found = plain(name)
    return found == NAME or bool(_SHORT.fullmatch(found))


def require_modules(size: int) -> None:
    """Raises Unprocessable for one that is too large to be judged."""
    if size > MAX_SIZE:
        raise Unprocessable(f"{NAME} has more than {MAX_SIZE} bytes: name fewer submodules")


def check_place(path: str) -> bool:
    """Whether a file there is a list of submodules. Raises Unprocessable for a folder of that
    name, which git refuses."""
    folder, _, name = path.rpartition("/")
    if folder:
        _check_folder(folder)
    return is_modules(name)


@lru_cache(maxsize=1024)  # the files of a commit share their folders
def _check_folder(folder: str) -> None:
    if any(map(is_modules, folder.split("/"))):
        raise Unprocessable(f"A folder cannot be called {NAME}, in any spelling: {folder!r}")


def check_modules(content: bytes) -> None:
    """Raises Unprocessable for one through which whoever clones the repo could be attacked."""
    require_modules(len(content))
    if parse_pointer(content):  # what stands for it in a checkout nobody has judged
        raise Unprocessable(f"{NAME} must be a regular file, not one in LFS or Xet")
    for name, key, value in _settings(content):
        if reason := _fault(name, key, value):
            raise Unprocessable(f"{NAME}: {reason}, which git refuses as an attack on clones")


def _fault(name: bytes, key: bytes, value: bytes | None) -> str | None:
    if not name or _OUT_OF.search(name):
        return f"a submodule cannot be called {_shown(name)}"
    if value is None:
        return None
    what = f"the submodule {_shown(name)} cannot have the {key.decode()} {_shown(value)}"
    if key == b"url" and not _is_url(value):
        return what
    if key == b"path" and value.startswith(b"-"):
        return what
    if key == b"update" and value.startswith(b"!"):
        return what
    return None


def _is_url(url: bytes) -> bool:
    if url.startswith(b"-"):
        return False
    if url.startswith((b"./", b"../", b".\\", b"..\\")):
        url = url.replace(b"\\", b"/")
        above = _UP.match(url)
        rest = url[above.end() :] if above else url
        climbs = b"../" in url[: len(url) - len(rest)]
        return b"\n" not in unquote_to_bytes(url) and not (climbs and rest[:1] in (b":", b"/"))
    if found := _WEB.match(url):
        address = url[found.end() :] if found[0].endswith(b"::") else url
        return _HOST.match(address) is not None and b"\n" not in unquote_to_bytes(address)
    return True


# -- git's reader -----------------------------------------------------------------------------


def _settings(content: bytes) -> Iterator[tuple[bytes, bytes, bytes | None]]:
    """(submodule, key, value) up to where it cannot be read any more; a value of None is none."""
    # A carriage return before the end of a line is part of it.
    text = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    text += b"" if text.endswith(b"\n") else b"\n"
    at, stem = 0, b""
    while at < len(text):
        if skipped := _BLANK.match(text, at) or _COMMENT.match(text, at):
            at = skipped.end()
        elif text[at : at + 1] == b"[":
            found = _section(text, at)
            if found is None:
                return
            stem, at = found
        elif word := _KEY.match(text, at):
            value, at = _value(text, word.end())
            if at < 0:
                return
            # Git's strings end at a zero byte.
            name = (stem + word[0].lower()).split(b"\0")[0]
            base, _, rest = name.partition(b".")
            submodule, dot, key = rest.rpartition(b".")
            if base == b"submodule" and dot:
                yield submodule, key, None if value is None else value.split(b"\0")[0]
        else:
            return


def _section(text: bytes, at: int) -> tuple[bytes, int] | None:
    """The stem of the names in it, such as `submodule.x.`, and where they start."""
    found = _SECTION.match(text, at)
    if found is None:
        return None
    stem, at = found[1].lower(), found.end()
    if text[at : at + 1] == b"]":
        return stem + b".", at + 1
    inside = _SUBSECTION.match(text, at)
    if inside is None:
        return None
    return stem + b"." + re.sub(rb"\\(.)", rb"\1", inside[1], flags=re.DOTALL) + b".", inside.end()


def _value(text: bytes, at: int) -> tuple[bytes | None, int]:
    """What a key has, and where the next line starts; -1 where that cannot be told."""
    while text[at : at + 1] in (b" ", b"\t"):
        at += 1
    if text[at : at + 1] == b"\n":
        return None, at + 1
    if text[at : at + 1] != b"=":
        return None, -1
    return _text(text, at + 1)


def _text(text: bytes, at: int) -> tuple[bytes | None, int]:
    """What is behind the sign."""
    found, spaces, is_quoted = bytearray(), 0, False
    while at < len(text):
        if word := _VALUE.match(text, at):
            found += b" " * spaces + word[0]
            spaces, at = 0, word.end()
            continue
        c, at = text[at : at + 1], at + 1
        if c == b"\n":
            return (None, -1) if is_quoted else (bytes(found), at)
        if not is_quoted and c in b" \t\r":
            spaces += bool(found)
            continue
        if not is_quoted and c in b"#;":
            return bytes(found), text.index(b"\n", at) + 1
        found += b" " * spaces
        spaces = 0
        if c == b'"':
            is_quoted = not is_quoted
        elif c != b"\\":
            found += c
        elif (escaped := _ESCAPES.get(text[at : at + 1])) is None:
            return None, -1
        else:
            found += escaped
            at += 1
    return None, -1


def _shown(text: bytes) -> str:
    return ascii(text[:80].decode(errors="replace"))
