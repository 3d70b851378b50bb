"""How the observatory answers: JSON or CSV, named by what it was made of, and not asked twice.

Answers are the same for everybody and until the lake changes. Caches may keep them and must ask
each time whether they still stand: a repo that is private by now must not be told of.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, Literal

import orjson
from fastapi import Query, Request
from starlette.responses import Response

from hearthub import __version__
from hearthub.http.files import is_fresh
from hearthub.pulse import table_csv

Format = Annotated[
    Literal["json", "csv"] | None, Query(description="Default: as `Accept` says, else json")
]
Word = Annotated[str | None, Query(max_length=200)]
CSV = "text/csv"
IN_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}
"""What OpenAPI says besides JSON."""


class Answering:
    """One request, and the name that its answer has while the lake stands."""

    def __init__(self, request: Request, stamp: str | None, form: Format = None) -> None:
        """`stamp` as `Pulse.stamp`: without one the answer has no name, and nobody may keep it."""
        self.form = form or ("csv" if _prefers_csv(request) else "json")
        self.headers = {"Vary": "Accept", "Cache-Control": "no-store"}
        self._if_none_match = request.headers.get("if-none-match")
        if stamp is not None:
            asked = "\n".join([__version__, stamp, self.form, str(request.url.query),
                               request.scope["path"]])  # fmt: skip
            self.headers["ETag"] = f'"{sha256(asked.encode()).hexdigest()[:32]}"'
            self.headers["Cache-Control"] = "public, no-cache"

    def unchanged(self) -> Response | None:
        """The answer to who has it already."""
        etag = self.headers.get("ETag")
        if etag is None or not is_fresh(self._if_none_match, etag):
            return None
        return Response(status_code=304, headers=self.headers)

    def rows(self, rows: Sequence[Mapping[str, Any]], names: Iterable[str] = ()) -> Response:
        """`names`: the columns of a table without rows."""
        return self.table(rows, rows, names)

    def table(
        self, body: object, rows: Sequence[Mapping[str, Any]], names: Iterable[str] = ()
    ) -> Response:
        """`body` as JSON, or `rows` as CSV."""
        if self.form == "json":
            return Response(orjson.dumps(body), media_type="application/json", headers=self.headers)
        columns = list(dict.fromkeys([*names, *(name for row in rows for name in row)]))
        return Response(table_csv(rows, columns), media_type=CSV, headers=self.headers)


def _prefers_csv(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return CSV in accepted and "application/json" not in accepted
