"""One DuckDB connection over one version of the lake, with limits; for one thread."""

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any
from uuid import uuid4

import duckdb

from hearthub.errors import BadRequest, TookTooLong, Unavailable
from hearthub.lake.manifest import DataFile, Manifest
from hearthub.lake.schema import Table, completed, parquet

Row = dict[str, Any]
_PACKED = ("GZIP", "ZSTD", "frame descriptor")
"""Words of errors about a packed file that is none."""


@dataclass(frozen=True)
class Limits:
    memory: int = 2 * 2**30
    """Bytes that DuckDB may hold; what is more spills to the lake's folder."""
    threads: int = 2
    spill: int = 64 * 2**30


class Session:
    """Each table of the lake is a view of its name. Close it after use (it is a context manager).

    Only our own SQL is run here; that of strangers is run by `Lake.query`.
    """

    def __init__(
        self,
        folder: Path,
        tables: Iterable[Table],
        manifest: Manifest,
        limits: Limits = Limits(),
        readable: Sequence[Path] = (),
    ) -> None:
        """`readable`: files and folders beside the lake that may be read."""
        self.version = manifest.version
        self._folder, self._manifest = folder, manifest
        self._tables = {table.name: table for table in tables}
        self.scratch = folder / "tmp" / f"session-{uuid4().hex}"
        """A folder for files that the session's own SQL writes and reads; gone when it closes."""
        self.scratch.mkdir(parents=True)
        self._watch: _Watch | None = None
        self.recorded: list[str] = []
        """What was run since `record`, each statement with its parameters; no path is in it."""
        self._is_recording = False
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{limits.memory}B",
                "threads": limits.threads,
                "temp_directory": str(self.scratch),
                "max_temp_directory_size": f"{limits.spill}B",
                "autoload_known_extensions": False,
                "autoinstall_known_extensions": False,
                "preserve_insertion_order": False,
            }
        )
        try:
            self._connection.execute("set TimeZone = 'UTC'")
            # It would be printed among what commands print.
            self._connection.execute("set enable_progress_bar = false")
            self._connection.execute(
                "set allowed_directories = $paths", {"paths": [str(folder), *_folders(readable)]}
            )
            self._connection.execute(
                "set allowed_paths = $paths", {"paths": [str(p) for p in readable if p.is_file()]}
            )
            self._connection.execute("set enable_external_access = false")
            for table in self._tables.values():
                self._view(folder, table, manifest)
        except BaseException:
            self.close()
            raise

    def limit(self, seconds: float) -> None:
        """From now on it has so much time; what is asked later, or not done by then, raises
        TookTooLong."""
        if self._watch is not None:
            raise ValueError("it has a limit already")
        self._watch = _Watch(self._connection, seconds)

    def record(self) -> None:
        """From now on what is run is kept as text."""
        self._is_recording = True

    def execute(self, sql: str, **params: object) -> None:
        self._run(sql, params)

    def rows(self, sql: str, **params: object) -> list[Row]:
        """All rows, by name of column. Parameters are `$name` in the SQL."""
        cursor = self._run(sql, params)
        names = [column[0] for column in cursor.description or ()]
        with self._telling():
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, sql: str, **params: object) -> Row:
        """The only row."""
        found = self.rows(sql, **params)
        if len(found) != 1:
            raise ValueError(f"{len(found)} rows where one was expected")
        return found[0]

    def value(self, sql: str, **params: object) -> Any:
        """The first column of the first row, None where there is none."""
        cursor = self._run(sql, params)
        with self._telling():
            found = cursor.fetchone()
        return found[0] if found else None

    def batches(self, sql: str, size: int, **params: object) -> Iterable[list[tuple[Any, ...]]]:
        """Rows as tuples, `size` at a time; nothing else may be asked meanwhile."""
        cursor = self._run(sql, params)
        while some := cursor.fetchmany(size):
            yield some

    def files(self, table: str) -> tuple[DataFile, ...]:
        """The files that the table is made of."""
        return self._manifest.files(table)

    def part(self, table: str, files: Iterable[DataFile]) -> str:
        """Some files of a table as a relation, for SQL that needs no more of it."""
        known, paths = self._tables[table], [self._folder / file.path for file in files]
        if not paths:
            return f"(select * from {table} where false)"  # noqa: S608
        return f"(select {known.names} from {parquet(paths)})"  # noqa: S608

    def close(self) -> None:
        if self._watch is not None:
            self._watch.end()
        self._connection.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, sql: str, params: Mapping[str, object]) -> duckdb.DuckDBPyConnection:
        if self._watch is not None:
            self._watch.check()
        if self._is_recording:
            self.recorded.append(_text(sql, params).replace(str(self._folder), "LAKE"))
        with self._telling():
            return self._connection.execute(sql, dict(params) or None)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Errors of the engine as those of the house."""
        try:
            yield
        except duckdb.InterruptException:
            if self._watch is None:
                raise
            self._watch.check()
            raise
        except duckdb.OutOfMemoryException as error:
            raise Unavailable(f"This needs more memory than the lake may have: {error}") from None
        except duckdb.IOException as error:
            if not any(word in str(error) for word in _PACKED):
                raise
            raise BadRequest(str(error).splitlines()[0][:300]) from error
        except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
            # Files that people bring are of any shape; the first line says what is wrong.
            raise BadRequest(str(error).splitlines()[0][:300]) from error
        except duckdb.Error as error:
            if type(error) is not duckdb.Error:  # what has no class of its own is a broken file
                raise
            raise BadRequest(str(error).splitlines()[0][:300]) from error

    def _view(self, folder: Path, table: Table, manifest: Manifest) -> None:
        files = [str(folder / file.path) for file in manifest.files(table.name)]
        if not files:
            self._connection.execute(f"create temp table {table.name} ({table.definition})")
            return
        made = f"create temp view {table.name} as select {table.names} from"
        try:
            self._connection.execute(f"{made} {parquet(files)}")
        except duckdb.BinderException:
            self._connection.execute(f"{made} {completed(files, table.nothing)}")


def _text(sql: str, params: Mapping[str, object]) -> str:
    """A statement, and above it a comment that says what its parameters are."""
    told = ", ".join(
        f"${name} = {len(it)} values" if isinstance(it, list | tuple) else f"${name} = {str(it)!r}"
        for name, it in params.items()
    )
    return f"-- {told}\n{sql.strip()}" if told else sql.strip()


def _folders(paths: Sequence[Path]) -> list[str]:
    return [str(path) for path in paths if path.is_dir()]


class _Watch:
    """A thread that interrupts a connection once its time is over, again and again: an interrupt
    between two statements stops neither."""

    AGAIN_S = 0.05

    def __init__(self, connection: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self._connection, self._seconds = connection, seconds
        self._until = time.monotonic() + seconds
        self._ended = Event()
        self._thread = Thread(target=self._run, name="lake-limit", daemon=True)
        self._thread.start()

    def check(self) -> None:
        if time.monotonic() >= self._until:
            raise TookTooLong(f"This took longer than {self._seconds:.0f} seconds")

    def end(self) -> None:
        """Before the connection is closed."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        wait = self._seconds
        while not self._ended.wait(wait):
            self._connection.interrupt()
            wait = self.AGAIN_S
