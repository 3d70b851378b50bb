"""What the headers of files of weights said, kept by content (hearthub.fit says what and why)."""

from collections.abc import Iterable

from hearthub.db import Database
from hearthub.fit import HEADER_VERSION, Header

_PUT = """
insert into weight_header (key, format, version, header)
values (:key, :format, :version, :header)
on conflict (key, format) do update set version = excluded.version, header = excluded.header"""


class Headers:
    """A `HeaderStore`."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def get(self, key: str, form: str) -> bytes | None:
        found: bytes | None = self.db.value(
            "select header from weight_header where key = :key and format = :format "
            "and version = :version",
            key=key,
            format=form,
            version=HEADER_VERSION,
        )
        return found

    def put(self, headers: Iterable[Header]) -> None:
        self.db.execute_many(
            _PUT,
            [
                {
                    "key": it.key,
                    "format": it.format,
                    "version": HEADER_VERSION,
                    "header": it.packed,
                }
                for it in headers
            ],
        )
