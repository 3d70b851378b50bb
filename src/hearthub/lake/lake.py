"""The door of the lake."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from hearthub.lake.manifest import KEEP_S, DataFile, Manifest, Manifests, sync_folder
from hearthub.lake.schema import Table, completed, literal
from hearthub.lake.session import Limits, Session
from hearthub.lake.strangers import Answer, ask
from hearthub.sandbox import Sandbox

LEFT_S = 24 * 3600.0
"""No session lasts so long."""
FEW = 8
"""Files of a partition that stay as they are; more are made one by `compact`."""


class Lake:
    """`tables` are those of the parts that keep something here. Any process may open it."""

    def __init__(
        self,
        folder: Path,
        tables: Iterable[Table],
        sandbox: Sandbox,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self.folder, self.limits = folder, limits
        self.tables = {table.name: table for table in tables}
        self._sandbox = sandbox
        self._manifests = Manifests(folder / "manifests")

    @property
    def version(self) -> int:
        """Goes up by one with each writing; 0 while there is nothing."""
        return self._manifests.newest().version

    def manifest(self) -> Manifest:
        return self._manifests.newest()

    def reading(self, readable: Sequence[Path] = (), only: Sequence[str] = ()) -> Session:
        """A session over the newest version, which stays readable for an hour after the next.

        `only`: tables that are needed, where opening all of them takes too long.
        """
        manifest = self._manifests.newest()
        tables = [table for table in self.tables.values() if not only or table.name in only]
        return Session(self.folder, tables, manifest, self.limits, readable)

    @contextmanager
    def writing(self, readable: Sequence[Path] = ()) -> Iterator["Writing"]:
        """A session whose changes become the next version when the block ends, all or none.

        One writer at a time: others wait.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "writer.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            manifest = self._manifests.newest()
            session = Session(self.folder, self.tables.values(), manifest, self.limits, readable)
            with session:
                writing = Writing(self.folder, self.tables, manifest, session)
                try:
                    yield writing
                    if writing.is_changed:
                        self._manifests.put(writing.next())
                except BaseException:
                    writing.undo()
                    raise

    def query(
        self,
        sql: str,
        most_rows: int = 1000,
        timeout_s: float = 10.0,
        only: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        """What a stranger asks: one SELECT over the tables, in a process of its own.

        `only`: a condition (ours) on the rows of a table, for those that have one; it may name
        tables before it.
        Raises BadRequest for what is no such query, Unavailable when it took too long or too much.
        """
        manifest = self._manifests.newest()
        files = {
            name: [str(self.folder / file.path) for file in manifest.files(name)]
            for name in self.tables
        }
        nothing = {name: table.nothing for name, table in self.tables.items()}
        names = {name: table.names for name, table in self.tables.items()}
        return self._sandbox.run(
            ask,
            sql,
            str(self.folder),
            files,
            nothing,
            names,
            most_rows,
            dict(only),
            timeout=timeout_s,
        )

    def compact(self, many: int = FEW) -> int:
        """Make one file of the many that small writings left in a partition; how many went."""
        gone = 0
        with self.writing() as writing:
            for name, table in self.tables.items():
                for partition, files in _by_partition(writing.manifest.files(name)).items():
                    if len(files) > many:
                        writing.merge(table, partition, files)
                        gone += len(files)
        return gone

    def sweep(self) -> int:
        """Remove files that no version names and that no writer can be about to; how many."""
        now, removed = time.time(), 0
        kept = self._manifests.swept(now)
        for path in (self.folder / "data").glob("*/*.parquet"):
            is_old = now - path.stat().st_mtime > KEEP_S
            if is_old and path.relative_to(self.folder).as_posix() not in kept:
                path.unlink(missing_ok=True)
                removed += 1
        for path in (self.folder / "tmp").glob("session-*"):  # of processes that were killed
            if now - path.stat().st_mtime > LEFT_S:
                shutil.rmtree(path, ignore_errors=True)
        return removed


class Writing:
    """The next version while it is made. `session` sees the version before it."""

    def __init__(
        self, folder: Path, tables: dict[str, Table], manifest: Manifest, session: Session
    ) -> None:
        self.folder, self.manifest, self.session = folder, manifest, session
        self._tables = tables
        self._files = {name: list(files) for name, files in manifest.tables.items()}
        self._written: list[Path] = []
        self.is_changed = False

    def append(self, table: str, select: str, **params: object) -> int:
        """Add the rows of a SELECT that has the table's columns by name; how many."""
        known = self._tables[table]
        if not known.partition:
            return self._copy(known, "", f"select {known.names} from ({select})", **params)  # noqa: S608
        made = f"appended_{uuid4().hex}"
        self.session.execute(
            f"create temp table {made} as select {known.names} from ({select})",  # noqa: S608
            **params,
        )
        try:
            return sum(self._write(known, made, part) for part in self._partitions(known, made))
        finally:
            self.session.execute(f"drop table {made}")

    def replace(self, table: str, select: str, **params: object) -> int:
        """The rows of a SELECT in place of all that the table has; how many."""
        before, self._files[table] = self._files.get(table, []), []
        self.is_changed = self.is_changed or bool(before)
        return self.append(table, select, **params)

    def keep(self, table: str, partition: str, select: str, **params: object) -> int:
        """Add the rows of a SELECT as one file of a partition that is named by what it was made
        from; how many."""
        known = self._tables[table]
        return self._copy(known, partition, f"select {known.names} from ({select})", **params)  # noqa: S608

    def forget(self, table: str, files: Sequence[DataFile]) -> None:
        """Files of a table that are of no more use; `sweep` removes them later."""
        gone = set(files)
        self._files[table] = [f for f in self._files.get(table, []) if f not in gone]
        self.is_changed = self.is_changed or bool(gone)

    def merge(self, table: Table, partition: str, files: Sequence[DataFile]) -> None:
        """One file in place of several of a partition."""
        rows = completed((self.folder / file.path for file in files), table.nothing)
        gone = set(files)
        self._files[table.name] = [f for f in self._files[table.name] if f not in gone]
        self._copy(
            table,
            partition,
            f"select {table.names} from {rows}",  # noqa: S608
        )

    def next(self) -> Manifest:
        for folder in {path.parent for path in self._written}:
            sync_folder(folder)
        tables = {name: tuple(files) for name, files in self._files.items() if files}
        return Manifest(self.manifest.version + 1, tables)

    def undo(self) -> None:
        for path in self._written:
            path.unlink(missing_ok=True)

    def _partitions(self, table: Table, made: str) -> list[str]:
        if not table.partition:
            return [""]
        found = self.session.rows(
            f"select distinct {table.partition} as part from {made} order by part"  # noqa: S608
        )
        return [str(row["part"]) for row in found]

    def _write(self, table: Table, made: str, partition: str) -> int:
        where = f" where {table.partition} = '{partition}'" if table.partition else ""
        return self._copy(table, partition, f"select {table.names} from {made}{where}")  # noqa: S608

    def _copy(self, table: Table, partition: str, select: str, **params: object) -> int:
        """One sorted file, durable before the version that names it; none for no rows."""
        folder = self.folder / "data" / table.name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{partition or 'all'}-{uuid4().hex[:16]}.parquet"
        order = f" order by {table.order}" if table.order else ""
        self._written.append(path)
        rows = int(
            self.session.value(
                f"copy ({select}{order}) to {literal(path)} "
                "(format parquet, compression zstd, row_group_size 122880)",
                **params,
            )
            or 0
        )
        if not rows:
            path.unlink(missing_ok=True)
            return 0
        _sync(path)
        name = path.relative_to(self.folder).as_posix()
        self._files.setdefault(table.name, []).append(
            DataFile(name, partition, rows, path.stat().st_size)
        )
        self.is_changed = True
        return rows


def _by_partition(files: Iterable[DataFile]) -> dict[str, list[DataFile]]:
    found: dict[str, list[DataFile]] = {}
    for file in files:
        found.setdefault(file.partition, []).append(file)
    return found


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
