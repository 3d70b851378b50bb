"""Bytes in a dictionary, for tests and trials."""

from collections.abc import Iterator
from pathlib import Path

from hearthub.storage.backends import PIECE, check_key, missing


class MemoryBlobs:
    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    def put_file(self, key: str, path: Path, *, replace: bool = False) -> bool:
        is_new = self.put(key, path.read_bytes(), replace=replace)
        path.unlink()
        return is_new

    def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        mine = bytes(bytearray(data))  # a new object, so that `is` tells who was first
        is_new = self._bytes.setdefault(check_key(key), mine) is mine
        if replace:
            self._bytes[key] = mine
        return is_new

    def size(self, key: str) -> int | None:
        data = self._bytes.get(check_key(key))
        return None if data is None else len(data)

    def locate(self, key: str) -> Path | None:
        check_key(key)
        return None

    def read(self, key: str, start: int, end: int) -> bytes:
        data = self._bytes.get(check_key(key))
        if data is None or end > len(data):
            raise missing(key)
        return data[start:end]

    def open_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, PIECE):
            yield self.read(key, at, min(at + PIECE, end))

    def delete(self, key: str) -> None:
        self._bytes.pop(check_key(key), None)

    def list(self, prefix: str) -> Iterator[str]:
        yield from [key for key in self._bytes if key.startswith(prefix)]
