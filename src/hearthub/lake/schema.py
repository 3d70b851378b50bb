"""What a table of the lake looks like: its columns, and how its files are cut and sorted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z_]{0,39}")


@dataclass(frozen=True)
class Table:
    """Names and columns are ours, so they stand in SQL as they are."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """(name, DuckDB type)."""
    order: str = ""
    """What rows are sorted by in each file, such as `repo_id, at`."""
    partition: str = ""
    """An expression whose text cuts the table into files, such as `strftime(at, '%Y-%m')`."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a table")

    @property
    def definition(self) -> str:
        return ", ".join(f'"{name}" {kind}' for name, kind in self.columns)

    @property
    def nothing(self) -> str:
        """A SELECT of its columns and no rows."""
        columns = ", ".join(f'null::{kind} as "{name}"' for name, kind in self.columns)
        return f"select {columns} where false"

    @property
    def names(self) -> str:
        return ", ".join(f'"{name}"' for name, _ in self.columns)  # `at` is a word of DuckDB's


def literal(path: str | Path) -> str:
    """A path as a text of SQL: a folder may have an apostrophe in its name."""
    return "'" + str(path).replace("'", "''") + "'"


def completed(paths: Iterable[str | Path], nothing: str) -> str:
    """The same where no file has a column that came with a newer version: there it is null.

    Not for all: what is read through it is planned less well.
    """
    return f"(from {parquet(paths)} union all by name {nothing})"


def parquet(paths: Iterable[str | Path]) -> str:
    """The files of a table as a relation."""
    return f"read_parquet([{', '.join(map(literal, paths))}], union_by_name = true)"
