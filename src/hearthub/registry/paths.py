"""Paths of files in a repo, as strangers send them: what may enter a tree and what never may.

The rules are git's own (`git fsck --strict`, with core.protectHFS and core.protectNTFS) and a
little stricter, so that a checkout is safe on Linux, macOS and Windows alike.
"""

import re
from functools import lru_cache

from hearthub.errors import Unprocessable

MAX_PATH = 4096  # bytes of UTF-8
MAX_SEGMENT = 255
MAX_DEPTH = 128  # folders within folders; trees are changed by recursion

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# HFS+ compares names without these, so `.g\u200cit` is `.git` there.
_HFS_IGNORED = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_NTFS_TAIL = re.compile(r"[ .]*(?::.*)?\Z", re.DOTALL)  # dropped by Windows, or a named stream
_GIT_NAMES = frozenset({".git", "git~1"})  # git~1 is the short name Windows gives to .git


def clean_path(path: str) -> str:
    """The path itself, if a file may stand there; raises Unprocessable, saying why."""
    if not path:
        raise Unprocessable("A path cannot be empty")
    if len(path) > MAX_PATH or len(_utf8(path)) > MAX_PATH:
        raise Unprocessable(f"A path has at most {MAX_PATH} bytes: {path[:80]!r}...")
    if path.startswith("/"):
        raise Unprocessable(f"A path is relative to the repo, without a leading '/': {path!r}")
    if path.count("/") > MAX_DEPTH:
        raise Unprocessable(f"A path has at most {MAX_DEPTH} folders: {path[:80]!r}...")
    folder, _, name = path.rpartition("/")
    if folder:
        _check_folder(folder)
    _check_segment(name, path)
    return path


def clean_folder(path: str) -> str:
    """Like `clean_path` for a folder: one slash at the end is dropped; "" and "/" are the root."""
    if path in ("", "/"):
        return ""
    return clean_path(path.removesuffix("/"))


@lru_cache(maxsize=1024)  # the files of a commit share their folders
def _check_folder(folder: str) -> None:
    for segment in folder.split("/"):
        _check_segment(segment, folder)


def _check_segment(segment: str, path: str) -> None:
    if segment in ("", ".", ".."):
        what = f"a {segment!r} part" if segment else "an empty part"
        raise Unprocessable(f"A path cannot have {what}: {path!r}")
    if "\\" in segment:
        raise Unprocessable(f"A path cannot contain a backslash: {path!r}")
    if _CONTROL.search(segment):
        raise Unprocessable(f"A path cannot contain control characters: {path!r}")
    if len(_utf8(segment)) > MAX_SEGMENT:
        raise Unprocessable(f"A file or folder name has at most {MAX_SEGMENT} bytes: {path!r}")
    if _is_git_folder(segment):
        raise Unprocessable(f"A path cannot contain '.git', in any spelling: {path!r}")


def _is_git_folder(segment: str) -> bool:
    if len(segment) > 3 and "git" not in segment.lower() and segment.isascii():
        return False
    name = _NTFS_TAIL.sub("", _HFS_IGNORED.sub("", segment)).lower()
    return name in _GIT_NAMES


def _utf8(text: str) -> bytes:
    if _SURROGATE.search(text):
        raise Unprocessable(f"A path must be valid Unicode: {text!r}")
    return text.encode()
