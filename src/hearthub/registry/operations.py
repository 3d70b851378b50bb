"""What one commit asks for, line by line, before anything is checked."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class CommitHeader:
    """`parent` is 5 to 40 hex digits of the commit the caller last saw, or None."""

    summary: str
    description: str = ""
    parent: str | None = None

    @property
    def message(self) -> str:
        return f"{self.summary}\n\n{self.description}" if self.description else self.summary


@dataclass(frozen=True)
class PutFile:
    """A small file, content and all."""

    path: str
    content: bytes


@dataclass(frozen=True)
class PutLfs:
    """A file whose bytes came by Xet or LFS. `size` is None when the caller copies server-side."""

    path: str
    sha256: str
    size: int | None


@dataclass(frozen=True)
class DeleteFile:
    path: str


@dataclass(frozen=True)
class DeleteFolder:
    path: str


Operation = PutFile | PutLfs | DeleteFile | DeleteFolder
Operations = Iterable[Operation]
