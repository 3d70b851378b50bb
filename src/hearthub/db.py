"""Connections and transactions: the one seam between the product and its SQL databases.

SQL is written once, in the subset SQLite and PostgreSQL share, with `:name` parameters; a list
given as a parameter expands inside `in (...)`. Times are integer milliseconds, truth values 0/1.
Every text is one that both take: what has a NUL in it raises NotText here, whoever sent it and
by whichever way it came.
"""

import re
import sqlite3
import threading
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, TextClause, bindparam, create_engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import SQLAlchemyError as DatabaseError
from sqlalchemy.pool import NullPool

from hearthub.errors import NotText

__all__ = [
    "BATCH",
    "Database",
    "DatabaseError",
    "IntegrityError",
    "Row",
    "Rows",
    "batches",
    "is_busy",
    "is_full",
    "require_text",
]

# The file, or the small one beside it that processes share, could not grow.
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})

Rows = Sequence[Row[*tuple[Any, ...]]]
T = TypeVar("T")

BATCH = 500
"""How many names or numbers go into one `in (...)`: databases limit it."""


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


COPIED_PAGES = 4096  # in one step: between steps a copy can be interrupted, and tells how far it is


class Database:
    """One SQL database. Calls outside `transaction()` see the newest committed state.

    Each thread keeps one connection. A call made while its thread is inside `transaction()`
    joins that transaction, so parts need not hand connections to one another.
    """

    def __init__(
        self, url: str, *, creator: Callable[[], Any] | None = None, any_text: bool = False
    ) -> None:
        """`creator` makes the driver's connections in a way that no URL can say; `any_text`: what
        is in it is never to be in a PostgreSQL database."""
        self._any_text = any_text
        self.engine = create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,  # errors reach the log, and parameters are secrets at times
            **({"creator": creator} if creator else {}),
        )
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._local = threading.local()
        # SQLite has one writer. Queueing here instead of in its busy loop is what keeps the
        # 99th percentile flat (engine.md A4); other processes still meet the busy timeout.
        self._writer = threading.RLock()
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)

    @classmethod
    def sqlite(cls, path: Path, *, any_text: bool = False) -> "Database":
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{path}", any_text=any_text)

    @classmethod
    def sqlite_copy(cls, path: Path) -> "Database":
        """A file that `copy_to` made and nobody writes: to be read, leaving nothing beside it."""
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        return cls("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True))

    @property
    def in_transaction(self) -> bool:
        return getattr(self._local, "depth", 0) > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; durable when the block ends. Joins the transaction that is open."""
        if self.in_transaction:
            yield
            return
        with self._writer if self.is_sqlite else _nothing():
            connection = self.connection()
            connection.exec_driver_sql("begin immediate" if self.is_sqlite else "begin")
            self._local.depth = 1
            self._local.after = []
            try:
                yield
                connection.exec_driver_sql("commit")
            except BaseException:
                self._roll_back(connection)
                self._local.after = []
                raise
            finally:
                self._local.depth = 0
        for action in self._local.after:
            action()

    def _roll_back(self, connection: Connection) -> None:
        """SQLite has done so by itself when its disk was full."""
        driver = connection.connection.dbapi_connection
        if not isinstance(driver, sqlite3.Connection) or driver.in_transaction:
            connection.exec_driver_sql("rollback")

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the open transaction is durable (at once when none is open)."""
        if self.in_transaction:
            self._local.after.append(action)
        else:
            action()

    def one(self, sql: str, **params: Any) -> Row[*tuple[Any, ...]] | None:
        """The first row, or None."""
        rows = self._read(sql, params, 1)
        return rows[0] if rows else None

    def all(self, sql: str, **params: Any) -> Rows:
        return self._read(sql, params, None)

    def value(self, sql: str, **params: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.one(sql, **params)
        return None if row is None else row[0]

    def column(self, sql: str, **params: Any) -> list[Any]:
        """The first column of all rows: of thousands, in half the time of `all`."""
        rows = self._fetched(sql, params, None)[1] if self.is_sqlite else self._run(sql, params)
        return [row[0] for row in rows]

    def execute(self, sql: str, **params: Any) -> int:
        """Write; returns how many rows changed. Its own transaction unless one is open."""
        with self.transaction():
            return int(self._run(sql, params).rowcount)

    def execute_many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same statement for each row; on SQLite by the driver, at a third of the cost."""
        if not rows:
            return
        for row in rows:
            self._check(row)
        with self.transaction():
            if self.is_sqlite:
                with _as_ours(sql):
                    self._driver().executemany(sql, rows)
            else:
                self.connection().execute(_statement(sql, ()), list(rows))

    def hold(self, table: str, row_id: int) -> None:
        """Until the open transaction ends no other one changes this row, or holds it: what is
        read from here on stands. `table` is a constant; SQLite has one writer."""
        if not self.is_sqlite:
            sql = f"select id from {table} where id = :id for no key update"  # noqa: S608
            self.one(sql, id=row_id)

    def copy_to(self, target: Path, progress: Callable[[int, int], None] | None = None) -> None:
        """Write this SQLite database, as it is now, to a new file that stands alone.

        Writers go on meanwhile. `progress` gets (bytes copied, bytes in all) now and then.
        """
        source = self._driver()
        page = int(source.execute("pragma page_size").fetchone()[0])

        def note(_status: int, remaining: int, total: int) -> None:
            if progress:
                progress((total - remaining) * page, total * page)

        with closing(sqlite3.connect(target)) as copy:
            # Reading holds the state of this moment: without it, each write of another process
            # would start the copy anew.
            source.execute("begin")
            try:
                with _as_ours("copy"):
                    source.execute("select 1 from sqlite_master").fetchone()
                    source.backup(copy, pages=COPIED_PAGES, progress=note)
            finally:
                source.execute("rollback")
            copy.execute("pragma journal_mode = delete")

    def close(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None
        self.engine.dispose()

    def connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self.engine.connect()
        return connection

    def _read(self, sql: str, params: dict[str, Any], limit: int | None) -> Rows:
        """Rows as named tuples; at most `limit` of them.

        On SQLite by the driver itself: a download asks four point questions, and SQLAlchemy's
        results cost more than SQLite's answers (docs/decisions/0003).
        """
        if not self.is_sqlite:
            result = self._run(sql, params)
            rows: Rows = result.all() if limit is None else result.fetchmany(limit)
            return rows
        columns, found = self._fetched(sql, params, limit)
        return list(map(_row_type(columns), found))

    def _fetched(
        self, sql: str, params: dict[str, Any], limit: int | None
    ) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """By SQLite's driver: names of the columns, and the rows."""
        self._check(params)
        with _as_ours(sql):
            cursor = self._driver().execute(*_expanded(sql, params))
            found = cursor.fetchall() if limit is None else cursor.fetchmany(limit)
            columns = tuple(column[0] for column in cursor.description or ())
            cursor.close()
        return columns, found

    def _check(self, params: Mapping[str, Any]) -> None:
        """Raises NotText."""
        for value in () if self._any_text else params.values():
            if isinstance(value, str):
                require_text(value)
            elif isinstance(value, (list, tuple)):
                for item in value:
                    if isinstance(item, str):
                        require_text(item)

    def _driver(self) -> sqlite3.Connection:
        driver = self.connection().connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - tells mypy
        return driver

    def _run(self, sql: str, params: Mapping[str, Any]) -> Any:
        self._check(params)
        lists = tuple(name for name, value in params.items() if isinstance(value, (list, tuple)))
        if any(len(params[name]) == 0 for name in lists):
            # What SQLAlchemy writes for an empty list PostgreSQL compares with no text; null is
            # in no list, and no text, number or bytes is in it.
            params = {n: [None] if n in lists and not v else v for n, v in params.items()}
        return self.connection().execute(_statement(sql, lists), params)


def require_text(value: str) -> None:
    """Raises NotText for what no database takes."""
    if "\0" in value:
        raise NotText
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NotText from None


def is_full(error: DatabaseError) -> bool:
    """Whether the database's disk has no room for what was to be written."""
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) in _FULL
    return getattr(cause, "sqlstate", None) == "53100"  # PostgreSQL: disk_full


def is_busy(error: DatabaseError) -> bool:
    """Whether another process held the database for longer than we wait."""
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlite_errorcode", 0) if isinstance(cause, sqlite3.Error) else 0
    return code & 0xFF == sqlite3.SQLITE_BUSY


@lru_cache(maxsize=1024)
def _statement(sql: str, lists: tuple[str, ...]) -> TextClause:
    for name in lists:
        sql = sql.replace(f"(:{name})", f":{name}")  # the expansion brings its own parentheses
    return text(sql).bindparams(*(bindparam(name, expanding=True) for name in lists))


def _expanded(sql: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The same with each list written out, for a driver that knows none."""
    for name, value in [it for it in params.items() if isinstance(it[1], (list, tuple))]:
        del params[name]
        params |= {f"{name}_{n}": item for n, item in enumerate(value)}
        names = ", ".join(f":{name}_{n}" for n in range(len(value)))
        sql = re.sub(rf"\(:{name}\)|:{name}\b", f"({names})", sql)
    return sql, params


@lru_cache(maxsize=1024)
def _row_type(columns: tuple[str, ...]) -> Callable[[tuple[Any, ...]], Any]:
    row: Any = namedtuple("Row", columns, rename=True)  # type: ignore[misc]
    make: Callable[[tuple[Any, ...]], Any] = row._make
    return make


@contextmanager
def _as_ours(sql: str) -> Iterator[None]:
    """Errors of SQLite's driver as SQLAlchemy would raise them."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise IntegrityError(sql, None, error) from error
    except sqlite3.Error as error:
        raise OperationalError(sql, None, error) from error


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = wal",
        "synchronous = full",  # an acknowledged commit survives a power cut
        "busy_timeout = 30000",
        "foreign_keys = on",
        "cache_size = -16384",
        "temp_store = memory",
    ):
        cursor.execute(f"pragma {pragma}")
    cursor.close()
