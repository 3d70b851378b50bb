"""Where repos came from: table `mirror_origin`, one row a repo."""

from dataclasses import dataclass, fields
from typing import Any

import orjson

from hearthub.clock import iso, now_ms
from hearthub.db import Database


@dataclass(frozen=True)
class Origin:
    """`endpoint` and `name` of the upstream repo, the `revision` asked for, its `commit`.

    `licence`, `gated` and `visibility` are what upstream said; `head` is the commit here that
    holds it. Before the first import has ended `commit` is None and `head` the commit it starts
    from. `pending` is the upstream commit about to be written; `hidden`: private until it is.
    """

    endpoint: str
    name: str
    revision: str
    head: str
    commit: str | None = None
    pending: str | None = None
    hidden: bool = False
    licence: str | None = None
    gated: str | None = None
    visibility: str = "public"
    include: tuple[str, ...] = ()
    imported: int = 0

    def as_json(self) -> dict[str, Any]:
        """For an answer about the repo."""
        return {
            "endpoint": self.endpoint,
            "id": self.name,
            "revision": self.revision,
            "commit": self.commit,
            "license": self.licence,
            "gated": self.gated or False,
            "include": list(self.include),
            "importedAt": iso(self.imported),
        }


_COLUMNS = [field.name for field in fields(Origin)]
_RENAMED = {"commit": "upstream_commit"}  # a word of SQL
_NAMES = [_RENAMED.get(name, name) for name in _COLUMNS]


class Origins:
    def __init__(self, db: Database) -> None:
        self.db = db

    def find(self, repo_id: int) -> Origin | None:
        row = self.db.one(
            f"select {', '.join(_NAMES)} from mirror_origin where repo_id = :id",  # noqa: S608
            id=repo_id,
        )
        if row is None:
            return None
        values = dict(zip(_COLUMNS, row, strict=True))
        include = tuple(orjson.loads(values["include"]))
        return Origin(**values | {"hidden": bool(values["hidden"]), "include": include})

    def write(self, repo_id: int, origin: Origin) -> None:
        """Insert or replace. Joins the open transaction."""
        values = {name: getattr(origin, name) for name in _COLUMNS} | {
            "hidden": int(origin.hidden),
            "include": orjson.dumps(origin.include).decode(),
            "imported": now_ms(),
        }
        changes = ", ".join(f"{name} = excluded.{name}" for name in _NAMES)
        self.db.execute(
            f"insert into mirror_origin (repo_id, {', '.join(_NAMES)}) "  # noqa: S608
            f"values (:id, {', '.join(':' + name for name in _COLUMNS)}) "
            f"on conflict (repo_id) do update set {changes}",
            id=repo_id,
            **values,
        )
