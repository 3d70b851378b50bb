"""What webhooks send: each event to those that watch it, again and later where it did not arrive.

    event -> `notice` (in its transaction: who watches, what is told) -> a row of webhook_news
      -> job webhooks.spread: a delivery for each webhook whose owner may know -> webhooks.deliver

A delivery is `waiting`, then `done`, `failed`, or `withheld` where the owner may not know of it any
more. A webhook sends in order, one after the other; while it is put off nothing of it is tried.

In order: each event adds a job, and whichever runs first spreads all news that wait, the oldest
first. Two that run at once do the same, and the one that takes a row away has spread it. No key
keeps them apart: on PostgreSQL it would keep all transactions with an event apart as well.
"""

import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import orjson

from hearthub.clock import now_ms
from hearthub.community.gone import Gone
from hearthub.community.payloads import PREFIXES, REPO, TOLD, Json, Payloads
from hearthub.community.webhooks import Webhook
from hearthub.db import Database, Rows, batches
from hearthub.errors import Conflict, InvalidCredentials, NotFound
from hearthub.events import Event, RepoDeleted, RepoMoved
from hearthub.jobs import Jobs
from hearthub.registry import Registry

MAX_WAITING = 1000
MAX_TRIES, SPREAD_S = 20, 10
"""Of spreading one piece of news, before it is the next one's turn; and how long one job spreads,
so that other jobs have theirs."""
KEEP_MS, KEEP_MOST = 30 * 86_400_000, 500
"""How long the log goes back, and how many deliveries of one webhook it has."""
PAGE = 50
DELETED = "delete repo"
COLUMNS = (
    "d.id, d.uid, d.event, d.repo, d.need, d.payload, d.state, d.attempts, d.status, d.answer, "
    "d.error, d.created, d.finished"
)


@dataclass(frozen=True)
class Delivery:
    """One line of the log; times in ms. `payload` is None where the caller may not see it."""

    uid: str
    event: str
    state: str
    attempts: int
    status: int | None
    answer: str | None
    error: str | None
    created: int
    finished: int | None
    payload: Json | None


@dataclass(frozen=True)
class _Waiting:
    """What a new delivery has; `source`: one for each event, and each replay."""

    webhook_id: int
    source: str
    event: str
    repo: str
    need: int
    payload: str
    uid: str = field(default_factory=lambda: secrets.token_hex(12))


class Deliveries:
    """Rights are asked for as the owner of the webhook, with those he has now (gone.py)."""

    def __init__(self, db: Database, jobs: Jobs, registry: Registry, payloads: Payloads) -> None:
        self._db, self._jobs = db, jobs
        self._registry, self._payloads = registry, payloads
        self._gone = Gone(db, registry)

    # -- from an event to what is to be sent ----------------------------------------------------

    def notice(self, event: Event) -> None:
        """In the transaction of the event, while a repo that is deleted is still there."""
        repo = self._registry.by_id(event.repo_id)
        if repo is None or repo.type not in PREFIXES:
            return
        if isinstance(event, RepoDeleted):
            self._gone.note(repo)
        owners = [repo.owner_id]
        if isinstance(event, RepoMoved):
            before = self._registry.accounts.account(event.old_name.partition("/")[0])
            owners += [before.id] if before else []
        domain = "on_repo" if TOLD[type(event).__name__] == REPO else "on_discussion"
        rows = self._db.all(
            f"select w.id from webhook w where w.disabled = 0 and w.{domain} = 1 "  # noqa: S608
            "and w.id in (select webhook_id from webhook_watch where "
            "(target = :repo and is_repo = 1) or (target in (:owners) and is_repo = 0))",
            repo=repo.id,
            owners=owners,
        )
        if rows:
            news = self._payloads.news(event, repo)
            self._db.execute(
                "insert into webhook_news (source, event, need, repo, payload, webhooks, failures, "
                "created) values (:source, :event, :need, :repo, :payload, :webhooks, 0, :now)",
                source=secrets.token_hex(12),
                event=news.name,
                need=int(news.need),
                repo=_json(asdict(repo)),
                payload=_json(news.body),
                webhooks=_json([row.id for row in rows]),
                now=now_ms(),
            )
            self._jobs.add("webhooks.spread", {})

    def spread(self, _payload: dict[str, Any]) -> None:
        """Note what is to be sent of all news that wait, once for each webhook."""
        ends = time.monotonic() + SPREAD_S
        while news := self._db.one(
            "select id, source, event, need, repo, payload, webhooks from webhook_news "
            "where failures < :most order by id limit 1",
            most=MAX_TRIES,
        ):
            if time.monotonic() > ends:
                self._jobs.add("webhooks.spread", {})
                return
            try:
                self._spread(news)
            except BaseException:  # others wait for one that cannot be spread, but not for ever
                sql = "update webhook_news set failures = failures + 1 where id = :id"
                self._db.execute(sql, id=news.id)
                raise

    def _spread(self, news: Any) -> None:
        """To those that listened when it happened, and do now."""
        repo, body = orjson.loads(news.repo), orjson.loads(news.payload)
        told: list[int] = []
        if self._registry.by_id(repo["id"]) is None or not self._payloads.is_void(body):
            may = partial(self.may, kept=repo, need=news.need)
            for some in batches(orjson.loads(news.webhooks)):
                told += [it.id for it in self._listening(some) if may(it.account_id)]
        with self._db.transaction():
            if not self._db.execute("delete from webhook_news where id = :id", id=news.id):
                return  # somebody else was quicker
            for some in batches(told):
                self._queue(self._listening(some), news, body)
            if news.event == DELETED:
                sql = "delete from webhook_watch where target = :repo and is_repo = 1"
                self._db.execute(sql, repo=repo["id"])
            if told:
                self.wake()

    def _listening(self, webhooks: list[int]) -> Rows:
        sql = "select id, uid, account_id from webhook where disabled = 0 and id in (:some)"
        return self._db.all(f"{sql} order by id", some=webhooks)

    def _queue(self, webhooks: Rows, news: Any, body: Json) -> None:
        waiting = self._waiting([it.id for it in webhooks])
        self._add(
            _Waiting(
                it.id, news.source, news.event, news.repo, news.need,
                _json({**body, "webhook": {"id": it.uid, "version": 3}}),
            )
            for it in webhooks
            if waiting.get(it.id, 0) < MAX_WAITING
        )  # fmt: skip

    def _waiting(self, webhooks: list[int]) -> dict[int, int]:
        """How many deliveries of each wait."""
        rows = self._db.all(
            "select webhook_id, count(*) from webhook_delivery "
            "where state = 'waiting' and webhook_id in (:webhooks) group by webhook_id",
            webhooks=webhooks,
        )
        return {row[0]: row[1] for row in rows}

    def _add(self, wanted: Iterable[_Waiting]) -> None:
        self._db.execute_many(
            "insert into webhook_delivery (uid, webhook_id, source, event, repo, need, payload, "
            "state, attempts, created) values (:uid, :webhook_id, :source, :event, :repo, :need, "
            ":payload, 'waiting', 0, :now) on conflict (webhook_id, source) do nothing",
            [{**asdict(it), "now": now_ms()} for it in wanted],
        )

    def may(self, owner: int, kept: dict[str, Any], need: int) -> bool:
        """Whether the owner of a webhook may know this of a repo, `kept` as it was then."""
        try:
            actor = self._registry.accounts.actor(owner)
        except InvalidCredentials:
            return False
        return self._gone.may(actor, kept, need)

    def wake(self, delay_s: float = 0) -> None:
        self._jobs.add("webhooks.deliver", {}, key="scheduled", delay_s=delay_s)

    # -- the log --------------------------------------------------------------------------------

    def log(self, webhook: Webhook, before: str | None = None) -> list[Delivery]:
        """A page, newest first, without what was sent; from before the delivery `before`."""
        last = self._row(webhook, before).id if before else 2**62
        rows = self._db.all(
            f"select {COLUMNS} from webhook_delivery d where d.webhook_id = :webhook "  # noqa: S608
            "and d.id < :last order by d.id desc limit :page",
            webhook=webhook.id,
            last=last,
            page=PAGE,
        )
        return [_delivery(row, None) for row in rows]

    def get(self, webhook: Webhook, uid: str) -> Delivery:
        """With what was sent, if the owner may still know it."""
        row = self._row(webhook, uid)
        may = self.may(webhook.owner_id, orjson.loads(row.repo), row.need)
        return _delivery(row, self.payload(row) if may else None)

    def payload(self, row: Any) -> Json:
        """What a delivery sends, or would send now."""
        return self._payloads.as_of_now(orjson.loads(row.payload))

    def replay(self, webhook: Webhook, uid: str) -> Delivery:
        """Send the same once more, as a delivery of its own."""
        if webhook.disabled:
            raise Conflict("The webhook is disabled: enable it first")
        row = self._row(webhook, uid)
        if row.state == "waiting":
            raise Conflict("It was not sent yet")
        with self._db.transaction():
            if self._waiting([webhook.id]).get(webhook.id, 0) >= MAX_WAITING:
                raise Conflict(f"{MAX_WAITING} deliveries of this webhook wait already: try later")
            again = _Waiting(
                webhook.id, f"replay {secrets.token_hex(12)}", row.event, row.repo, row.need,
                _json(self.payload(row)),
            )  # fmt: skip
            self._add([again])
            sql = "update webhook set due = :now where id = :id and due > :now"
            self._db.execute(sql, now=now_ms(), id=webhook.id)
            self.wake()
        return self.get(webhook, again.uid)

    def tidy(self, _payload: dict[str, object]) -> None:
        """Forget old lines of the log, and news that could not be spread."""
        before = now_ms() - KEEP_MS
        self._db.execute("delete from webhook_news where created < :before", before=before)
        self._gone.tidy(before)
        self._db.execute(
            "delete from webhook_delivery where state <> 'waiting' and created < :before",
            before=before,
        )
        for row in self._db.all("select id from webhook"):
            self._db.execute(
                "delete from webhook_delivery where webhook_id = :id and state <> 'waiting' "
                "and id <= (select id from webhook_delivery where webhook_id = :id "
                "order by id desc limit 1 offset :most)",
                id=row.id,
                most=KEEP_MOST,
            )

    def _row(self, webhook: Webhook, uid: str) -> Any:
        row = self._db.one(
            f"select {COLUMNS} from webhook_delivery d where d.uid = :uid "  # noqa: S608
            "and d.webhook_id = :webhook",
            uid=uid,
            webhook=webhook.id,
        )
        if row is None:
            raise NotFound(f"There is no delivery {uid[:40]}")
        return row


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _delivery(row: Any, payload: dict[str, Any] | None) -> Delivery:
    return Delivery(
        row.uid, row.event, row.state, row.attempts, row.status, row.answer, row.error,
        row.created, row.finished, payload,
    )  # fmt: skip
