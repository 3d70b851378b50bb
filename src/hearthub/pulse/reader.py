"""What numbers are read from: a lake, or the observatory's door, which hides what is withdrawn."""

from typing import Protocol

from hearthub.lake import Session


class Reader(Protocol):
    def reading(self) -> Session:
        """A session over the newest version; close it after use."""
        ...
