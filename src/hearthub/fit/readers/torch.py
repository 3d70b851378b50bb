"""PyTorch's zip files: the sizes of storages and what unpickling would import; nothing is executed.

Layout: https://docs.pytorch.org/docs/stable/notes/serialization.html. `*/data.pkl` describes the
object, `*/data/N` are its storages, stored uncompressed and once each, tied tensors too.
"""

import io
import re
import zipfile
from collections.abc import Sequence

from hearthub.errors import BadRequest
from hearthub.fit.readers.pickles import MAX_PICKLE, Pickle, Storage, read_pickle
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.weights import Tensor, WeightFile

MAX_READ = 4 * 2**20
"""Bytes of one read: the list of a zip's entries, with room for 50,000 storages."""
MAX_IN_ALL = 48 * 2**20

_STORAGE = re.compile(r"(?:^|/)data/([0-9]{1,9})$", re.ASCII)
_ARCHIVE = re.compile(r"\.(?:zip|pth?|bin|ckpt|npz|tar|gz|7z|mar|nemo)$", re.IGNORECASE)
_DTYPES = {
    "DoubleStorage": ("F64", 8),
    "FloatStorage": ("F32", 4),
    "HalfStorage": ("F16", 2),
    "BFloat16Storage": ("BF16", 2),
    "LongStorage": ("I64", 8),
    "IntStorage": ("I32", 4),
    "ShortStorage": ("I16", 2),
    "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1),
    "BoolStorage": ("BOOL", 1),
    "UntypedStorage": ("U8", 1),
    "ComplexFloatStorage": ("C64", 8),
}
"""What torch calls a storage: our dtype, and the bytes of an element."""


def read_torch(source: Source, file: SourceFile) -> WeightFile:
    """A zip gives a tensor for each storage, named by its number; the pickles of old versions
    only the size of the file. Raises BadRequest for what torch would not load or nobody should.
    """
    if source.read(file, 0, min(4, file.size)) != b"PK\x03\x04":
        warning = "an old pickle without an index: only its size is known"
        return WeightFile(file.path, "torch", file.size, (), warnings=(warning,), is_listed=False)
    raw = _Ranges(source, file)
    try:
        with zipfile.ZipFile(raw) as archive:
            entries = _checked(archive.infolist(), file)
            pickle = _pickle(archive, entries, file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, KeyError, EOFError):
        raise BadRequest(f"{file.path}: a damaged zip file") from None
    tensors = tuple(
        _tensor(found[1], entry.file_size, pickle.storages.get(found[1]))
        for entry in entries
        if (found := _STORAGE.search(entry.filename))
    )
    return WeightFile(
        file.path, "torch", file.size, tensors, imports=pickle.imports, warnings=pickle.warnings
    )


def _checked(entries: Sequence[zipfile.ZipInfo], file: SourceFile) -> Sequence[zipfile.ZipInfo]:
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise BadRequest(f"{file.path}: it has compressed entries, which torch never writes")
        if entry.flag_bits & 1 or _ARCHIVE.search(entry.filename):
            raise BadRequest(f"{file.path}: it has an archive or a secret within")
        if entry.header_offset < end:
            raise BadRequest(f"{file.path}: its entries overlap")
        end = entry.header_offset + 30 + entry.file_size
    if end > file.size or len({entry.filename for entry in entries}) < len(entries):
        raise BadRequest(f"{file.path}: entries that are not there, or there twice")
    return entries


def _pickle(
    archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], file: SourceFile
) -> Pickle:
    found = [entry for entry in entries if entry.filename.endswith(".pkl")]
    if not found:
        raise BadRequest(f"{file.path}: a zip file that torch did not write")
    if len(found) > 8 or sum(entry.file_size for entry in found) > MAX_PICKLE:
        raise BadRequest(f"{file.path}: pickles of more than {MAX_PICKLE} bytes")
    pickles = [read_pickle(archive.read(entry)) for entry in found]
    return Pickle(
        tuple(sorted({name for pickle in pickles for name in pickle.imports})),
        {key: storage for pickle in pickles for key, storage in pickle.storages.items()},
        tuple(sorted({text for pickle in pickles for text in pickle.warnings})),
    )


def _tensor(number: str, size: int, storage: Storage | None) -> Tensor:
    dtype, width = _DTYPES.get(storage.kind if storage else "", ("U8", 1))
    if size % width:
        dtype, width = "U8", 1
    return Tensor(f"data/{number}", dtype, (size // width,), size, size // width)


class _Ranges(io.RawIOBase):
    """A file of a source, as `zipfile` wants it."""

    def __init__(self, source: Source, file: SourceFile) -> None:
        self._source, self._file, self._at, self._left = source, file, 0, MAX_IN_ALL

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        if start + offset < 0:
            raise OSError("before the beginning")
        self._at = start + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._file.size if size < 0 else min(self._at + size, self._file.size)
        if end <= self._at:
            return b""
        if end - self._at > min(MAX_READ, self._left):
            raise BadRequest(f"{self._file.path}: its index is larger than any real one")
        start, self._at = self._at, end
        self._left -= end - start
        return self._source.read(self._file, start, end)
