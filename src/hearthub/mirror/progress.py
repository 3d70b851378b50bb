"""What an import tells of itself while it runs."""

from typing import Protocol


class Progress(Protocol):
    """Called from several threads. Texts are for a person, printable and of one line."""

    def note(self, text: str) -> None:
        """Something that a person should know."""

    def begin(self, files: int, size: int, done: int) -> None:
        """`files` are to be fetched, `size` bytes in all; `done` of them came in an earlier run."""

    def advance(self, size: int) -> None:
        """So many more bytes are here; fewer, when it is negative."""

    def file_done(self) -> None: ...

    def end(self) -> None:
        """All files are here."""


class Silent:
    """Tells nobody."""

    def note(self, text: str) -> None: ...

    def begin(self, files: int, size: int, done: int) -> None: ...

    def advance(self, size: int) -> None: ...

    def file_done(self) -> None: ...

    def end(self) -> None: ...
