"""Repos and their owners as Atom feeds, for programs that come without a cookie.

Such a feed is what a stranger sees, whoever asks. Bounded as pages are: `MOST` entries, from the
`REPOS` repos changed last, of each its newest commits on `main`.
"""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.clock import LAST_MS
from hearthub.community import Discussion
from hearthub.errors import HearthubError, NotFound
from hearthub.http.atom import Entry, Feed, feed_answer, tag, utc_ms
from hearthub.http.urls import base_url, hub_of, repo_url
from hearthub.registry import TAGS, Commit, Repo
from hearthub.web.rendering import see_other, shown

MOST = 50
REPOS = 25
EACH = 10  # commits of a repo among others
MOST_TAGS = 100  # each is a commit to read
MAX_SUMMARY = 1000  # characters
NAME = "feed.atom"


def repo_feed(request: Request) -> Response:
    hub, params = hub_of(request), request.path_params
    full_name = f"{params['namespace']}/{params['name']}"
    repo = hub.registry.repo(ANONYMOUS, params.get("kind", "model"), full_name)
    page = repo_url(request, repo.type, repo.full_name)
    found = [
        *commits(request, repo, MOST),
        *_tags(request, repo),
        *talk(request, ANONYMOUS, [repo]),
    ]
    return feed_answer(
        request,
        Feed(
            id=tag(request, f"repo:{repo.uid}"),
            title=repo.full_name,
            here=f"{page}/{NAME}",
            page=page,
            entries=newest(found),
        ),
    )


def author_feed(request: Request) -> Response:
    hub, name = hub_of(request), request.path_params["namespace"]
    account = hub.accounts.account(name)
    if account is None:
        raise NotFound("There is no such user or organisation.")
    if account.name != name:
        return see_other(f"/{account.name}/{NAME}")
    repos = hub.registry.changed_last(ANONYMOUS, [account.id], REPOS)
    page = f"{base_url(request)}/{account.name}"
    return feed_answer(
        request,
        Feed(
            id=tag(request, f"account:{account.id}"),
            title=account.name,
            here=f"{page}/{NAME}",
            page=page,
            entries=newest(of_repos(request, repos)),
        ),
    )


def newest(entries: Iterable[Entry]) -> list[Entry]:
    """Each once, however many ways led to it."""
    each = {it.id: it for it in entries}.values()
    return sorted(each, key=lambda it: (it.updated, it.id), reverse=True)[:MOST]


def of_repos(request: Request, repos: Sequence[Repo]) -> Iterator[Entry]:
    """That they were made, and what was committed to them."""
    for repo in repos:
        yield Entry(
            id=tag(request, f"repo:{repo.uid}:created"),
            title=f"{repo.full_name}: new {repo.type}",
            updated=utc_ms(repo.created),
            href=repo_url(request, repo.type, repo.full_name),
        )
        yield from commits(request, repo, EACH, f"{repo.full_name}: ")


def commits(request: Request, repo: Repo, limit: int, prefix: str = "") -> Iterator[Entry]:
    """Those on `main`; none of a repo that is damaged, or gone in this moment."""
    registry = hub_of(request).registry
    try:
        found = registry.browse.newest(repo, registry.head(repo), limit)
    except HearthubError:
        return
    for oid, commit in found:
        title, _, rest = commit.message.strip().partition("\n")
        yield Entry(
            id=tag(request, f"repo:{repo.uid}:commit:{oid}"),
            title=f"{prefix}{title.strip()[:MAX_SUMMARY] or 'No message'}",
            updated=_made(repo, commit),
            href=f"{repo_url(request, repo.type, repo.full_name)}/commit/{oid}",
            summary=rest.strip()[:MAX_SUMMARY],
            author=commit.author.name[:MAX_SUMMARY].strip(),
        )


def talk(
    request: Request, actor: Actor, repos: Sequence[Repo], *, named: bool = False
) -> list[Entry]:
    """Discussions and pull requests opened, of those repos whose files `actor` may read."""
    hub = hub_of(request)
    may = hub.registry.readable(actor, [repo.id for repo in repos])
    by_id = {repo.id: repo for repo in repos if repo.id in may}
    found = hub.community.discussions.newest(list(by_id), MOST)
    return [_opened(request, by_id[it.repo_id], it, named=named) for it in found]


def _opened(request: Request, repo: Repo, it: Discussion, *, named: bool) -> Entry:
    kind = "Pull request" if it.is_pull_request else "Discussion"
    return Entry(
        id=tag(request, f"repo:{repo.uid}:discussion:{it.num}"),
        title=f"{repo.full_name + ': ' if named else ''}{kind} #{it.num}: {it.title}",
        updated=utc_ms(it.created),
        href=f"{repo_url(request, repo.type, repo.full_name)}/discussions/{it.num}",
        author=it.author or "",
    )


def _tags(request: Request, repo: Repo) -> Iterator[Entry]:
    """As of the commits that they name: when a tag was set is not kept."""
    registry, page = hub_of(request).registry, repo_url(request, repo.type, repo.full_name)
    for ref in [it for it in registry.refs(repo) if it.name.startswith(TAGS)][-MOST_TAGS:]:
        try:
            commit = registry.commit_at(repo, ref.commit_oid)
        except HearthubError:
            continue
        yield Entry(
            id=tag(request, f"repo:{repo.uid}:tag:{quote(ref.short_name)}:{ref.commit_oid}"),
            title=f"Tag {ref.short_name}",
            updated=_made(repo, commit),
            href=f"{page}/tree/{quote(ref.short_name, safe='')}",
        )


def _made(repo: Repo, commit: Commit) -> str:
    """A commit's clock is its author's: it is not before 1970, nor after the repo's last change."""
    return utc_ms(min(max(commit.author.when, 0) * 1000, repo.modified, LAST_MS))


routes = [
    Route("/{kind:kind}/{namespace:seg}/{name:seg}/feed.atom", shown(repo_feed)),
    Route("/{namespace:owner}/{name:seg}/feed.atom", shown(repo_feed)),
    Route("/{namespace:seg}/feed.atom", shown(author_feed)),
]
