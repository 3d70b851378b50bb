"""Rows in an order of their own: `position` from 0, without gaps."""

from hearthub.db import Database


def move(db: Database, table: str, column: str, parent_id: int, row_id: int, position: int) -> None:
    """Put a row at `position` among those whose `column` is `parent_id`; the others make room.
    In the open transaction; `table` and `column` are constants."""
    ids = _ordered(db, table, column, parent_id)
    ids.remove(row_id)
    ids.insert(max(0, position), row_id)
    _number(db, table, ids)


def close_gaps(db: Database, table: str, column: str, parent_id: int) -> None:
    """After one was deleted."""
    _number(db, table, _ordered(db, table, column, parent_id))


def _ordered(db: Database, table: str, column: str, parent_id: int) -> list[int]:
    rows = db.all(
        f"select id from {table} where {column} = :parent order by position, id",  # noqa: S608
        parent=parent_id,
    )
    return [row[0] for row in rows]


def _number(db: Database, table: str, ids: list[int]) -> None:
    db.execute_many(
        f"update {table} set position = :position where id = :id and position <> :position",  # noqa: S608
        [{"id": row_id, "position": position} for position, row_id in enumerate(ids)],
    )
