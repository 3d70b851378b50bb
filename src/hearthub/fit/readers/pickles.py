"""What a pickle would import and which storages it names, by its opcodes; it is never loaded.

Opcodes: Python's `pickletools`. A name is followed through the memo; one that is worked out at
load time cannot be, and is reported as such.
"""

import pickletools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

MAX_PICKLE = 4 * 2**20
MAX_OPCODES = 500_000
MAX_IMPORTS = 1000
MAX_NAME = 512
FULL = f"more than {MAX_OPCODES} opcodes or {MAX_IMPORTS} imports"
HIDDEN = "an import whose name is worked out while loading"

_TEXTS = frozenset("STRING BINSTRING SHORT_BINSTRING UNICODE SHORT_BINUNICODE BINUNICODE".split())
_NUMBERS = frozenset("INT BININT BININT1 BININT2 LONG LONG1 LONG4".split())
_PUTS = frozenset("PUT BINPUT LONG_BINPUT MEMOIZE".split())
_GETS = frozenset("GET BINGET LONG_BINGET".split())
_QUIET = frozenset("PROTO FRAME MARK TUPLE TUPLE1 TUPLE2 TUPLE3".split())
"""Opcodes after which the values before them still stand where a storage looks for them."""


@dataclass(frozen=True, slots=True)
class Storage:
    kind: str
    """Such as FloatStorage."""
    elements: int


@dataclass(frozen=True, slots=True)
class Pickle:
    imports: tuple[str, ...]
    """`module.name`, sorted."""
    storages: Mapping[str, Storage]
    """By the number under which the zip file has them."""
    warnings: tuple[str, ...]


class _Walk:
    """`recent` holds the last values pushed: texts, numbers, `_Global`s, None for others."""

    def __init__(self) -> None:
        self.recent: deque[Any] = deque([None] * 8, maxlen=8)
        self.memo: dict[int, Any] = {}
        self.imports: set[str] = set()
        self.storages: dict[str, Storage] = {}
        self.warnings: set[str] = set()

    def step(self, name: str, value: Any) -> None:
        if name in _TEXTS or name in _NUMBERS:
            self.recent.append(value)
        elif name in _PUTS:
            self.memo[len(self.memo) if value is None else int(value)] = self.recent[-1]
        elif name in _GETS:
            self.recent.append(self.memo.get(int(value)))
        elif name in ("GLOBAL", "INST"):
            self._import(*str(value).partition(" ")[::2])
        elif name == "STACK_GLOBAL":
            self._import(self.recent[-2], self.recent[-1])
        elif name in ("EXT1", "EXT2", "EXT4"):
            self.imports.add(f"copyreg extension {value}")
            self.recent.append(None)
        elif name == "BINPERSID":
            self._storage()
            self.recent.append(None)
        elif name not in _QUIET:
            self.recent.append(None)

    def _import(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            self.warnings.add(HIDDEN)
            self.recent.append(None)
            return
        found = _Global(f"{module}.{name}"[:MAX_NAME])
        self.imports.add(found.name)
        self.recent.append(found)

    def _storage(self) -> None:
        """torch's ('storage', type, number, device, elements)."""
        word, kind, number, _, elements = list(self.recent)[-5:]
        if word == "storage" and isinstance(kind, _Global) and isinstance(number, str):
            size = elements if type(elements) is int else 0
            self.storages[number] = Storage(kind.name.rpartition(".")[2], size)


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


def read_pickle(data: bytes) -> Pickle:
    """All pickles that stand one behind the other in `data`. What is no pickle ends the reading
    with a warning: loading it would fail there too."""
    walk, left, stream = _Walk(), MAX_OPCODES, BytesIO(data)
    try:
        while stream.tell() < len(data):
            for opcode, value, _ in pickletools.genops(stream):
                left -= 1
                if left < 0 or len(walk.imports) > MAX_IMPORTS:
                    walk.warnings.add(f"{FULL}: the rest was not read")
                    return _pickle(walk)
                walk.step(opcode.name, value)
    except (ValueError, UnicodeError, OverflowError, MemoryError):
        walk.warnings.add("a damaged pickle")
    return _pickle(walk)


def _pickle(walk: _Walk) -> Pickle:
    return Pickle(tuple(sorted(walk.imports)), walk.storages, tuple(sorted(walk.warnings)))
