"""History: of a repo and of a path in it, and what one commit changed."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hearthub.errors import NotFound
from hearthub.registry import Commit
from hearthub.web.file_changes import shown_changes
from hearthub.web.repo_view import (
    RepoView,
    Told,
    commit_of,
    day_of,
    numbered,
    repo_page,
    repo_routes,
    told,
)

PAGE = 50
MAX_PAGES = 2000
MAX_MESSAGE = 20_000  # characters


def commits_page(request: Request) -> Response:
    at, query = RepoView.of(request), request.query_params
    number = numbered(query.get("p"), MAX_PAGES)
    older = newer = None
    if at.path:
        start = commit_of(at.hub, at.repo, query.get("from", "") or at.commit)
        found, after = at.hub.registry.browse.log(at.repo, start, at.path, PAGE)
        older = f"{at.log(at.path)}?from={after}" if after else None
        newer = at.log(at.path) if "from" in query else None
        total = None
    else:
        found, total = at.hub.registry.history(at.repo, at.commit, skip=number * PAGE, limit=PAGE)
        older = f"{at.log()}?p={number + 1}" if (number + 1) * PAGE < total else None
        newer = f"{at.log()}?p={number - 1}" if number else None
    return repo_page(
        at,
        "files/commits.html",
        "commits",
        days=_by_day([told(*each) for each in found]),
        total=total,
        older=older,
        newer=newer,
    )


def commit_page(request: Request) -> Response:
    at = RepoView.of(request)
    commit = at.hub.registry.commit_at(at.repo, at.commit)
    return repo_page(
        at,
        "files/commit.html",
        "commits",
        commit=commit,
        message=_message(commit),
        day=day_of(commit),
        changes=shown_changes(at),
    )


def compare_page(request: Request) -> Response:
    """`main..other`: what is not as it was; with three dots: since they parted."""
    before, dots, after = request.path_params["span"].partition("..")
    is_since_fork = after.startswith(".")
    after = after.removeprefix(".")
    if not (before and dots and after):
        raise NotFound("Compare two revisions: /compare/main..other")
    at = RepoView.of(request, after)
    since = commit_of(at.hub, at.repo, before)
    if is_since_fork:
        since = at.hub.registry.pulls.fork(at.repo, since, at.commit) or since
    return repo_page(
        at,
        "files/compare.html",
        "commits",
        before=before,
        after=after,
        changes=shown_changes(at, since),
    )


def _by_day(rows: list[Told]) -> list[tuple[str, list[Told]]]:
    """Neighbours of one day together."""
    days: list[tuple[str, list[Told]]] = []
    for row in rows:
        if not days or days[-1][0] != row.day:
            days.append((row.day, []))
        days[-1][1].append(row)
    return days


def _message(commit: Commit) -> dict[str, Any]:
    text = commit.message.strip()[:MAX_MESSAGE]
    title, _, rest = text.partition("\n")
    return {"title": title.strip() or "No message", "rest": rest.strip("\n")}


routes = [
    *repo_routes(commits_page, "commits/{rev:seg}", "commits/{rev:seg}/{path:rest}"),
    *repo_routes(compare_page, "compare/{span:seg}", slow=True),
    *repo_routes(commit_page, "commit/{rev:seg}", slow=True),
]
