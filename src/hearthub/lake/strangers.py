"""SQL that strangers write, in a worker that may be killed and can write nothing.

DuckDB bounds neither the time nor the memory of a single large value, so the process does. A worker
of the sandbox has its own limit of memory; here it also loses the right to write files: a path
that DuckDB may read it may otherwise write.
"""

import json
import math
import resource
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hearthub.errors import BadRequest
from hearthub.lake.schema import completed, parquet

MAX_SQL = 20_000
MAX_CELL = 10_000
MAX_BYTES = 2**24
MEMORY = 2**29
_MANY = 1000
_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
"""Of tables, that read no file."""


@dataclass(frozen=True)
class Answer:
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    """Values that JSON can carry."""
    is_cut: bool
    """There were more rows, or the answer grew too large."""


def ask(
    sql: str,
    folder: str,
    files: Mapping[str, Sequence[str]],
    nothing: Mapping[str, str],
    names: Mapping[str, str],
    most_rows: int,
    only: Mapping[str, str],
) -> Answer:
    """In a worker. Raises BadRequest with what is wrong, without a path of this machine."""
    import duckdb

    if len(sql) > MAX_SQL:
        raise BadRequest(f"A query has at most {MAX_SQL} characters")
    if sql.encode(errors="replace").decode() != sql:
        raise BadRequest("A query is valid Unicode")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    connection = duckdb.connect(
        config={
            "memory_limit": f"{MEMORY}B",
            "threads": 1,
            "temp_directory": "",
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
        }
    )
    try:
        _open(connection, folder, files, nothing, names, only)
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise BadRequest("Write one SELECT")
        _require_tables(connection, sql, files, folder)
        cursor = connection.execute(statements[0])
        columns = _apart(str(column[0])[:200] for column in cursor.description or ())
        return _gathered(cursor, columns, most_rows)
    except duckdb.Error as error:
        text = str(error).replace(folder, "the lake")
        raise BadRequest(text[:500]) from None
    finally:
        connection.close()


def _open(
    connection: Any,
    folder: str,
    files: Mapping[str, Sequence[str]],
    nothing: Mapping[str, str],
    names: Mapping[str, str],
    only: Mapping[str, str],
) -> None:
    """Views of the tables, and nothing else to be reached."""
    from duckdb import BinderException

    connection.execute("set TimeZone = 'UTC'")
    # It would be drawn over the answer of whoever waits.
    connection.execute("set enable_progress_bar = false")
    connection.execute("set allowed_directories = $paths", {"paths": [folder]})
    connection.execute("set enable_external_access = false")
    for name in (*only, *(name for name in files if name not in only)):
        paths = files[name]
        if not paths:
            connection.execute(f"create table {name} as {nothing[name]}")
            continue
        made = f"create view {name} as select {names[name]} from"
        where = f" where {only[name]}" if name in only else ""
        try:
            connection.execute(f"{made} {parquet(paths)}{where}")
        except BinderException:
            connection.execute(f"{made} {completed(paths, nothing[name])}{where}")
    connection.execute("set lock_configuration = true")


def _require_tables(
    connection: Any, sql: str, known: Mapping[str, Sequence[str]], folder: str
) -> None:
    """No file by its name: those of the lake also hold what a table leaves out (`only`), and what
    it had before. Of the query's tree, as DuckDB tells it, each table and function is looked at."""
    [told] = connection.execute("select json_serialize_sql($sql::varchar)", {"sql": sql}).fetchone()
    try:
        tree = json.loads(told)
    except RecursionError:
        raise BadRequest("This query is nested too deeply") from None
    if tree.get("error"):
        raise BadRequest(f"Write one SELECT: {tree.get('error_message')}"[:500])
    nodes = list(_nodes(tree))
    own = {str(it["key"]) for node in nodes for it in (node.get("cte_map") or {}).get("map", [])}
    # What is no table is looked for as a file, if its name could be one.
    allowed = {it.lower() for it in known} | {it.lower() for it in own if it.isidentifier()}
    for node in nodes:
        name = ""
        if node.get("type") == "TABLE_FUNCTION":
            name = str(node["function"]["function_name"])
            is_fine = name.lower() in _FUNCTIONS
        elif node.get("type") == "BASE_TABLE":
            name = str(node["table_name"])
            is_fine = name.lower() in allowed and not (node["schema_name"] or node["catalog_name"])
        else:
            continue
        if not is_fine:
            raise BadRequest(
                f"{name.replace(folder, 'the lake')[:100]!r} is no table of the lake: "
                f"there are {', '.join(sorted(known))}"
            )


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _apart(names: Iterable[str]) -> tuple[str, ...]:
    """As DuckDB calls columns of one name in a subquery: whoever makes a row by names keeps all."""
    found: dict[str, int] = {}
    for name in names:
        made = name
        while made in found:
            found[name] += 1
            made = f"{name}_{found[name]}"
        found[made] = 0
    return tuple(found)


def _gathered(cursor: Any, columns: tuple[str, ...], most_rows: int) -> Answer:
    rows: list[tuple[Any, ...]] = []
    size = 0
    while some := cursor.fetchmany(_MANY):
        for row in some:
            plain = tuple(_plain(value) for value in row)
            size += sum(len(value) if isinstance(value, str) else 16 for value in plain)
            if len(rows) == most_rows or size > MAX_BYTES:
                return Answer(columns, tuple(rows), is_cut=True)
            rows.append(plain)
    return Answer(columns, tuple(rows), is_cut=False)


def _plain(value: Any) -> Any:
    """As JSON has it; numbers that are none become null."""
    if value is None or isinstance(value, bool | str):
        return value[:MAX_CELL] if isinstance(value, str) else value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float | Decimal):
        found = float(value)
        return found if math.isfinite(found) else None
    if isinstance(value, datetime):  # a zone is UTC as well
        return value.replace(tzinfo=None).isoformat(sep="T", timespec="milliseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)[:MAX_CELL]
