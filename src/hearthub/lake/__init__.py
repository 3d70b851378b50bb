"""DuckDB over Parquet: tables of files, one manifest a version, and strangers' SQL in a cage.

What is named here is imported when it is first asked for: DuckDB takes a while.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearthub.lake.lake import Lake, Writing
    from hearthub.lake.manifest import DataFile
    from hearthub.lake.schema import Table
    from hearthub.lake.session import Row, Session
    from hearthub.lake.strangers import Answer

__all__ = ["Answer", "DataFile", "Lake", "Row", "Session", "Table", "Writing"]

_HOMES = {
    "Answer": "strangers",
    "DataFile": "manifest",
    "Lake": "lake",
    "Row": "session",
    "Session": "session",
    "Table": "schema",
    "Writing": "lake",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"hearthub.lake has no {name}")
    return getattr(import_module(f"hearthub.lake.{_HOMES[name]}"), name)
