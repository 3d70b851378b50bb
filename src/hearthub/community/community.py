"""The door of the community part."""

from collections.abc import Sequence
from dataclasses import dataclass

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.clock import now_ms
from hearthub.community.audit import Audit
from hearthub.community.collections import Collections
from hearthub.community.deliveries import Deliveries
from hearthub.community.discussions import Discussions
from hearthub.community.follows import Follows
from hearthub.community.payloads import Payloads
from hearthub.community.posting import Poster
from hearthub.community.sending import Sending
from hearthub.community.shelves import Shelves
from hearthub.community.webhooks import Webhooks
from hearthub.db import Database, batches
from hearthub.errors import Forbidden, LoginRequired
from hearthub.events import EventLog, RepoLiked, RepoUnliked
from hearthub.jobs import Jobs
from hearthub.registry import Registry, Repo


@dataclass(frozen=True)
class Like:
    """`created` in milliseconds; `user` and `fullname` are the liker's."""

    user: str
    fullname: str
    created: int


class Community:
    def __init__(self, db: Database, events: EventLog, jobs: Jobs, registry: Registry) -> None:
        self.db, self.events, self.registry = db, events, registry
        self.discussions = Discussions(db, events, registry)
        self.collections = Collections(db, events, registry)
        self.shelves = Shelves(db, registry, self.collections)
        self.follows = Follows(db)
        self.audit = Audit(db)
        poster = Poster.parse(registry.settings.webhook_networks)
        self.webhooks = Webhooks(db, events, registry, poster)
        self.deliveries = Deliveries(db, jobs, registry, Payloads(registry, self.discussions))
        self.sending = Sending(db, self.deliveries, poster)

    def like(self, actor: Actor, repo: Repo) -> None:
        """Liking twice is liking once."""
        self._check(actor)
        with self.db.transaction():
            added = self.db.execute(
                "insert into repo_like (repo_id, user_id, created) values (:repo, :user, :now) "
                "on conflict (repo_id, user_id) do nothing",
                repo=repo.id,
                user=actor.user_id,
                now=now_ms(),
            )
            if added:
                self.events.append(RepoLiked(repo.id, int(actor.user_id or 0)), actor.user_id)

    def unlike(self, actor: Actor, repo: Repo) -> None:
        self._check(actor)
        with self.db.transaction():
            removed = self.db.execute(
                "delete from repo_like where repo_id = :repo and user_id = :user",
                repo=repo.id,
                user=actor.user_id,
            )
            if removed:
                self.events.append(RepoUnliked(repo.id, int(actor.user_id or 0)), actor.user_id)

    def is_liked(self, actor: Actor, repo: Repo) -> bool:
        """Whether the actor likes it."""
        found = self.db.value(
            "select count(*) from repo_like where repo_id = :repo and user_id = :user",
            repo=repo.id,
            user=actor.user_id,
        )
        return bool(found)

    def likers(self, repo: Repo, *, skip: int = 0, limit: int = 1000) -> list[Like]:
        """Newest first."""
        rows = self.db.all(
            "select account.name, account.fullname, repo_like.created from repo_like "
            "join account on account.id = repo_like.user_id where repo_like.repo_id = :repo "
            "order by repo_like.created desc, account.id desc limit :limit offset :skip",
            repo=repo.id,
            limit=limit,
            skip=skip,
        )
        return [Like(*row) for row in rows]

    def likes(self, repo_ids: Sequence[int], since: int = 0) -> dict[int, int]:
        """How many likes each repo has (from `since` on, in ms); repos without any are left out."""
        return {
            row[0]: row[1]
            for some in batches(repo_ids)
            for row in self.db.all(
                "select repo_id, count(*) from repo_like "
                "where repo_id in (:ids) and created >= :since group by repo_id",
                ids=some,
                since=since,
            )
        }

    def like_days(self, repo_ids: Sequence[int]) -> dict[int, dict[int, int]]:
        """Of the likes that each repo has, how many are from which day (since 1970)."""
        found: dict[int, dict[int, int]] = {}
        for some in batches(repo_ids):
            for row in self.db.all(
                "select repo_id, day, count(*) as n from ("
                "select repo_id, created / 86400000 as day from repo_like "
                "where repo_id in (:ids)) of_day group by repo_id, day",
                ids=some,
            ):
                found.setdefault(row.repo_id, {})[int(row.day)] = row.n
        return found

    def most_liked(self, since: int, limit: int) -> list[tuple[Repo, int]]:
        """Of the public repos those with the most likes from `since` (ms) on, and how many."""
        rows = self.db.all(
            "select repo_id, count(*) as n from repo_like join repo on repo.id = repo_id "
            "where repo_like.created >= :since and repo.visibility = 'public' "
            "group by repo_id order by n desc, repo_id desc limit :limit",
            since=since,
            limit=limit,
        )
        seen = {it.id: it for it in self.registry.by_ids(ANONYMOUS, [row.repo_id for row in rows])}
        return [(seen[row.repo_id], row.n) for row in rows if row.repo_id in seen]

    def liked_by(
        self, actor: Actor, user_id: int, *, skip: int = 0, limit: int = 1000
    ) -> tuple[list[tuple[Repo, int]], bool]:
        """What a user likes, newest first, with when; and whether there is more.

        What `actor` may not see is left out, and counts in no page: holes would tell of it.
        """
        rows = self.db.all(
            "select l.repo_id, l.created from repo_like l join repo r on r.id = l.repo_id "
            "where l.user_id = :user and (:all = 1 or r.visibility <> 'private' "
            "or r.owner_id in (:mine)) "
            "order by l.created desc, l.repo_id desc limit :limit offset :skip",
            user=user_id,
            all=int(actor.is_admin),
            mine=[actor.user_id or 0, *actor.roles],
            limit=limit + 1,
            skip=skip,
        )
        more, rows = len(rows) > limit, rows[:limit]
        repos = {repo.id: repo for repo in self.registry.by_ids(actor, [row[0] for row in rows])}
        return [(repos[row[0]], row[1]) for row in rows if row[0] in repos], more

    def _check(self, actor: Actor) -> None:
        if actor.user_id is None:
            raise LoginRequired
        if not actor.can_write:
            raise Forbidden("This token may only read: use one with the write role")
