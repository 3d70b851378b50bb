"""What another hub says of a repo, checked: nothing of it is believed because it has the shape.

Shapes: client-visible JSON of `GET /api/{type}s/{id}/revision/{rev}` and `.../tree/{commit}`.
"""

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from hearthub.errors import BadRequest, UpstreamFailed
from hearthub.names import split_id
from hearthub.registry import blob_oid, clean_path
from hearthub.upstream.texts import printable

MAX_LICENCE = 200  # characters
SDKS = frozenset({"gradio", "streamlit", "docker", "static"})
EMPTY = blob_oid(b"")

_OID = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class State:
    """A repo upstream, at one commit. `gated`: auto, manual or None."""

    name: str
    commit: str
    licence: str | None
    gated: str | None
    visibility: str
    sdk: str | None


@dataclass(frozen=True, slots=True)
class File:
    """`oid` is git's; a file kept in LFS or Xet has a `sha256`, and the `size` of its content."""

    path: str
    size: int
    oid: str
    sha256: str | None

    @property
    def key(self) -> str:
        """What the content is called: equal keys, equal bytes."""
        return self.sha256 or self.oid


def parse_state(answer: Any, asked: str, repo_type: str) -> State:
    """The info answer. Where it is silent on who may see the repo, nobody else may."""
    if not isinstance(answer, dict):
        raise _malformed("a repo", answer)
    commit, name = answer.get("sha"), answer.get("id", asked)
    if not isinstance(commit, str) or not _OID.fullmatch(commit):
        raise _malformed("the commit of a repo", commit)
    if not isinstance(name, str) or not _is_id(name):
        raise _malformed("the id of a repo", name)
    return State(
        name=name,
        commit=commit,
        licence=_licence(answer),
        gated=_gate(answer.get("gated")),
        visibility=_visibility(answer, repo_type),
        sdk=answer["sdk"] if repo_type == "space" and answer.get("sdk") in SDKS else None,
    )


def parse_entries(answer: Any, max_file: int) -> list[File | None]:
    """One page of a tree: its files in order, None for each folder."""
    if not isinstance(answer, list):
        raise _malformed("a list of files", answer)
    return [_entry(item, max_file) for item in answer]


def parse_ids(answer: Any) -> list[str]:
    """A page of a list of repos: the ids of those that have one."""
    if not isinstance(answer, list):
        raise _malformed("a list of repos", answer)
    found = [item.get("id") for item in answer if isinstance(item, dict)]
    return [name for name in found if isinstance(name, str) and _is_id(name)]


def parse_page(body: bytes) -> list[Any]:
    """A page of a list, whatever its rows are. Raises ValueError for what is no list.

    One row must not hide all others: half a character or NaN, which a stranger's card can bring
    into a hub's answer, becomes a question mark or null.
    """
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            found = json.loads(
                body.decode("utf-8", "replace"),
                parse_constant=lambda _: None,
                parse_float=_finite,
            )
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        answer = orjson.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    if not isinstance(answer, list):
        raise ValueError("no list")
    return answer


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if isfinite(number) else None


def _is_id(name: str) -> bool:
    try:
        split_id(name)
    except BadRequest:
        return False
    return True


def _entry(item: Any, max_file: int) -> File | None:
    if not isinstance(item, dict):
        raise _malformed("a file", item)
    kind, path, oid = item.get("type"), item.get("path"), item.get("oid")
    if kind == "directory":
        return None
    if kind != "file" or not isinstance(path, str):
        raise _malformed("a file", item)
    try:
        clean_path(path)
    except BadRequest as error:
        raise UpstreamFailed(f"Upstream lists a file that cannot be taken: {error}") from None
    lfs = item.get("lfs")
    size = (lfs or item).get("size") if lfs is None or isinstance(lfs, dict) else None
    sha256 = lfs.get("oid") if isinstance(lfs, dict) else None
    if not isinstance(oid, str) or not _OID.fullmatch(oid) or type(size) is not int or size < 0:
        raise _malformed(f"the file {printable(path)}", item)
    if lfs is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise _malformed(f"the file {printable(path)}", item)
    if sha256 is None and (size == 0) != (oid == EMPTY):
        raise _malformed(f"the file {printable(path)}", item)
    if size > max_file:
        raise UpstreamFailed(
            f"{printable(path)} has {size} bytes; files hold at most {max_file} here "
            "(HEARTHUB_MAX_FILE)"
        )
    return File(path, size, oid, sha256)


def _gate(value: Any) -> str | None:
    """Whatever is no plain "no" is a gate."""
    if value is None or value is False:
        return None
    return "auto" if value == "auto" else "manual"


def _visibility(answer: dict[str, Any], repo_type: str) -> str:
    if answer.get("visibility") == "protected" and repo_type == "space":
        return "protected"
    is_open = answer.get("private") is False and answer.get("visibility", "public") == "public"
    return "public" if is_open else "private"


def _licence(answer: dict[str, Any]) -> str | None:
    """From the card, else from a tag `license:mit`; several are joined by commas."""
    card = answer.get("cardData")
    found = card.get("license") if isinstance(card, dict) else None
    words = found if isinstance(found, list) else [found]
    names = [word for word in words[:10] if isinstance(word, str) and word]
    if not names and isinstance(tags := answer.get("tags"), list):
        named = (tag for tag in tags if isinstance(tag, str) and tag.startswith("license:"))
        names = [tag.removeprefix("license:") for tag in named][:1]
    return printable(", ".join(names), MAX_LICENCE) or None


def _malformed(what: str, found: object) -> UpstreamFailed:
    return UpstreamFailed(
        f"Upstream's answer is malformed: {what} cannot be {printable(found, 80)!r}"
    )
