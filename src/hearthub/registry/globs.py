"""Git's path patterns as regular expressions, after gitignore(5) and, for its gaps, wildmatch.c.

Patterns come from strangers, so no expression may backtrack over more than one wildcard: between
two stars the first place that fits is as good as any, and an atomic group settles for it. A match
then costs at most the length of the path times that of the pattern.
"""

import re
from dataclasses import dataclass

MAX_PATTERN = 1024  # bytes

_STAR = b"[^/]*"
_CLASSES = {
    b"alnum": rb"[0-9A-Za-z]",
    b"alpha": rb"[A-Za-z]",
    b"blank": rb"[ \t]",
    b"cntrl": rb"[\x00-\x1f\x7f]",
    b"digit": rb"[0-9]",
    b"graph": rb"[!-~]",
    b"lower": rb"[a-z]",
    b"print": rb"[ -~]",
    b"punct": rb"[!-/:-@\[-`{-~]",
    b"space": rb"[ \t-\r]",
    b"upper": rb"[A-Z]",
    b"xdigit": rb"[0-9A-Fa-f]",
}


class _MalformedError(Exception):
    """The pattern matches nothing, as in git: a set that does not end, an escape of nothing."""


@dataclass(frozen=True)
class PathPattern:
    """`matches` takes the bytes of a path relative to the folder of the pattern's file."""

    regex: re.Pattern[bytes]
    by_name: bool  # without a slash a pattern is about the last part of a path
    only_folders: bool

    def matches(self, path: bytes, *, is_folder: bool) -> bool:
        if self.only_folders and not is_folder:
            return False
        return bool(self.regex.fullmatch(path.rpartition(b"/")[2] if self.by_name else path))


def parse_pattern(pattern: bytes) -> PathPattern | None:
    """A pattern as it stands in a file, without `!`; None when it can match nothing."""
    only_folders = pattern.endswith(b"/")
    if only_folders:
        pattern = pattern[:-1]
    by_name = b"/" not in pattern
    if not pattern or len(pattern) > MAX_PATTERN:
        return None
    try:
        tokens = _tokens(pattern.removeprefix(b"/"))
    except _MalformedError:
        return None
    segments = _split(tokens, b"/")
    return PathPattern(re.compile(_path_regex(segments), re.DOTALL), by_name, only_folders)


def _path_regex(segments: list[list[bytes]]) -> bytes:
    """`**` between slashes is any number of folders, at the end anything; elsewhere it is `*`."""
    runs: list[list[bytes]] = [[]]  # the segments between one `**` and the next
    for segment in segments:
        if len(segment) > 1 and set(segment) == {_STAR}:
            runs.append([])
        else:
            runs[-1].append(_segment_regex(segment))
    first, *others = runs
    if not others:
        return b"/".join(first)
    *middle, last = others
    regex = b"".join(part + b"/" for part in first)
    for run in middle:
        if run:
            regex += b"(?>(?:[^/]++/)*?" + b"".join(part + b"/" for part in run) + b")"
    return regex + (b"(?:[^/]++/)*" + b"/".join(last) if last else b".+")


def _segment_regex(tokens: list[bytes]) -> bytes:
    first, *others = (b"".join(piece) for piece in _split(tokens, _STAR))
    if not others:
        return first
    *middle, last = others
    return first + b"".join(b"(?>[^/]*?%s)" % piece for piece in middle if piece) + _STAR + last


def _split(tokens: list[bytes], at: bytes) -> list[list[bytes]]:
    parts: list[list[bytes]] = [[]]
    for token in tokens:
        if token == at:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _tokens(pattern: bytes) -> list[bytes]:
    """One expression for each byte to match, `_STAR`s between them."""
    tokens = []
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        at += 1
        if char == b"*":
            tokens.append(_STAR)
        elif char == b"?":
            tokens.append(b"[^/]")
        elif char == b"[":
            token, at = _set(pattern, at)
            tokens.append(token)
        elif char == b"\\":
            tokens.append(re.escape(_byte(pattern, at)))
            at += 1
        else:
            tokens.append(re.escape(char))
    return tokens


def _set(pattern: bytes, at: int) -> tuple[bytes, int]:
    """The set whose `[` stands before `at`, and the place after its `]`."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    members: set[int] = set()
    before = 0  # the byte a range may start from; 0: none
    first = True
    while first or _byte(pattern, at) != b"]":
        first = False
        char = _byte(pattern, at)
        if name := re.compile(rb"\[:([^\]]*):\]").match(pattern, at):
            if name[1] not in _CLASSES:
                raise _MalformedError
            members.update(_members(_CLASSES[name[1]]))
            before, at = 0, name.end()
        elif char == b"-" and before and pattern[at + 1 : at + 2] not in (b"", b"]"):
            end, at = _member(pattern, at + 1)
            members.update(range(before, end + 1))
            before = 0
        else:
            before, at = _member(pattern, at)
            members.add(before)
    wanted = set(range(256)) - members if negated else members
    return _alternatives(wanted - {ord("/")}), at + 1


def _member(pattern: bytes, at: int) -> tuple[int, int]:
    """One byte of a set, escaped or not, and the place after it."""
    escaped = _byte(pattern, at) == b"\\"
    at += escaped
    return ord(_byte(pattern, at)), at + 1


def _byte(pattern: bytes, at: int) -> bytes:
    if at >= len(pattern):
        raise _MalformedError
    return pattern[at : at + 1]


def _members(regex: bytes) -> set[int]:
    return {byte for byte in range(128) if re.fullmatch(regex, bytes([byte]))}


def _alternatives(members: set[int]) -> bytes:
    if not members:
        return b"(?!)"
    return b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(members)) + b"]"
