"""`.gitattributes` and `.gitignore` at the root of a repo: which files go to LFS, which nowhere."""

import re
import time
from typing import Literal, Self

from hearthub.errors import TooLarge
from hearthub.registry.globs import PathPattern, parse_pattern

MAX_TEXT = 128 * 1024  # characters of a rules file that are read
MAX_RULES = 2000
MAX_SECONDS = 2.0  # that the rules of one request may take to match
SMALL_BINARY = 2**20  # bytes up to which a file that is no text still goes inline

_LFS = "filter=lfs diff=lfs merge=lfs -text"
_BINARY_FORMATS = """
7z arrow bin bz2 ckpt engine ftz gguf ggml gz h5 joblib keras lz4 mlmodel model msgpack nemo npy npz
onnx onnx_data ot parquet pb pdf pickle pkl pt pt2 pte pth rar safetensors sqlite tar task tflite
tgz wasm xz zip zst aac avi avif bmp flac gif ico jpeg jpg m4a mkv mov mp3 mp4 ogg opus otf png
pcm tif tiff ttf wav webm webp woff woff2
"""
DEFAULT_GITATTRIBUTES = "".join(
    f"{pattern} {_LFS}\n"
    for pattern in (
        *(f"*.{extension}" for extension in sorted(_BINARY_FORMATS.split())),
        "*.tar.*",
        "*tfevents*",
        "saved_model/**/*",
    )
)

_RULES_FILES = (".gitattributes", ".gitignore")
_ATTRIBUTE = re.compile(r"([-!]?)([A-Za-z0-9_.][-A-Za-z0-9_.]*)(?:=(.*))?", re.ASCII | re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)
_ESCAPED = dict(zip(b'abfnrtv\\"', b'\a\b\f\n\r\t\v\\"', strict=True))

Value = str | bool | None  # None: unspecified, said so by `!name`


def upload_mode(
    path: str, size: int, sample: bytes, attributes: "Attributes", max_regular: int
) -> Literal["lfs", "regular"]:
    """How a file of `size` bytes that starts with `sample` is to be sent."""
    if size == 0:
        return "regular"
    if size > max_regular:
        return "lfs"
    if path in _RULES_FILES:  # the hub itself reads them
        return "regular"
    large_binary = size > SMALL_BINARY and not _is_text(sample)
    return "lfs" if large_binary or attributes.is_lfs(path) else "regular"


class Attributes:
    """The rules of a `.gitattributes`, kept for the length of one request."""

    def __init__(self) -> None:
        self._rules: list[tuple[PathPattern, list[tuple[str, Value]]]] = []
        self._macros: dict[str, list[tuple[str, Value]]] = {}
        self._timer = _Timer()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Never fails: lines that git would not understand are passed over, as git does."""
        rules = cls()
        for line in _lines(text):
            rules._add(line.strip(" \t\r"))
        return rules

    def is_lfs(self, path: str) -> bool:
        """Whether `path` is kept in LFS. Raises TooLarge when the rules take too long."""
        values: dict[str, Value] = {}
        key = path.encode(errors="surrogateescape")
        with self._timer:
            for pattern, attributes in reversed(self._rules):
                self._timer.check()
                if pattern.matches(key, is_folder=False):
                    self._set(values, attributes)
                if "filter" in values:
                    break
        return values.get("filter") == "lfs"

    def _set(self, values: dict[str, Value], attributes: list[tuple[str, Value]]) -> None:
        """What comes last wins, so read backwards and keep what is there."""
        for name, value in reversed(attributes):
            if name not in values:
                values[name] = value
                if value is True and name in self._macros:
                    self._set(values, self._macros[name])

    def _add(self, line: str) -> None:
        if not line or line.startswith("#"):
            return
        if quoted := _QUOTED.match(line):
            pattern, rest = _unquote(quoted[1]), line[quoted.end() :]
        else:
            word = re.split(r"[ \t\r]", line, maxsplit=1)[0]
            pattern, rest = word.encode(errors="surrogateescape"), line[len(word) :]
        attributes = _attributes(rest)
        if attributes is None or pattern.startswith(b"!"):
            return
        if pattern.startswith(b"[attr]"):
            self._macros[pattern[6:].decode(errors="replace")] = attributes
        elif parsed := parse_pattern(pattern):
            self._rules.append((parsed, attributes))


class Ignore:
    """The rules of a `.gitignore`, kept for the length of one request."""

    def __init__(self) -> None:
        self._rules: list[tuple[PathPattern, bool]] = []  # True: ignore
        self._folders: dict[bytes, bool] = {b"": False}
        self._timer = _Timer()

    @classmethod
    def parse(cls, text: str) -> Self:
        rules = cls()
        for line in _lines(text.removeprefix("\ufeff")):
            raw = _trim(line.removesuffix("\r")).encode(errors="surrogateescape")
            negated = raw.startswith(b"!")
            parsed = None if raw.startswith(b"#") else parse_pattern(raw[negated:])
            if parsed:
                rules._rules.append((parsed, not negated))
        return rules

    def matches(self, path: str) -> bool:
        """Whether the file is ignored. Raises TooLarge when the rules take too long."""
        key = path.encode(errors="surrogateescape")
        with self._timer:
            return self._ignores_folder(key.rpartition(b"/")[0]) or self._verdict(key, False)

    def _ignores_folder(self, folder: bytes) -> bool:
        """In a folder that is ignored nothing can be taken back."""
        known = self._folders.get(folder)
        if known is None:
            above = folder.rpartition(b"/")[0]
            known = self._ignores_folder(above) or self._verdict(folder, True)
            self._folders[folder] = known
        return known

    def _verdict(self, path: bytes, is_folder: bool) -> bool:
        for pattern, ignore in reversed(self._rules):
            self._timer.check()
            if pattern.matches(path, is_folder=is_folder):
                return ignore
        return False


class _Timer:
    """Adds up the time spent inside; `check` stops what took too long altogether."""

    def __init__(self) -> None:
        self._left = MAX_SECONDS
        self._started = 0.0

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._left -= time.perf_counter() - self._started

    def check(self) -> None:
        if time.perf_counter() - self._started > self._left:
            raise TooLarge("The rules in .gitignore or .gitattributes take too long to match")


def _lines(text: str) -> list[str]:
    return text[:MAX_TEXT].split("\n")[:MAX_RULES]


def _trim(line: str) -> str:
    """Without spaces at the end, but for one that a backslash holds."""
    kept = line.rstrip(" ")
    backslashes = len(kept) - len(kept.rstrip("\\"))
    return kept + " " if backslashes % 2 and kept != line else kept


def _attributes(text: str) -> list[tuple[str, Value]] | None:
    """(name, value) in the order of the line; None when one of them is malformed."""
    found: list[tuple[str, Value]] = []
    for word in re.findall(r"[^ \t\r]+", text):
        match = _ATTRIBUTE.fullmatch(word)
        if not match:
            return None
        sign, name, value = match.groups()
        kinds: dict[str, Value] = {"-": False, "!": None, "": True if value is None else value}
        found.append((name, kinds[sign]))
    return found


def _unquote(text: str) -> bytes:
    def replace(escape: re.Match[bytes]) -> bytes:
        code = escape[1]
        return bytes([int(code, 8) if len(code) == 3 else _ESCAPED.get(code[0], code[0])])

    return _ESCAPE.sub(replace, text.encode(errors="surrogateescape"))


def _is_text(sample: bytes) -> bool:
    if b"\0" in sample:
        return False
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        return len(sample) - error.start < 4  # a character cut by the end of the sample
    return True
