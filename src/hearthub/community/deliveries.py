"""What webhooks send: each event to those that watch it, again and later where it did not arrive.

    event -> `notice` (in its transaction: who watches, what is told) -> job webhooks.spread
      -> a delivery for each webhook whose owner may know -> job webhooks.deliver -> the log

A delivery is `waiting`, then `done`, `failed`, or `withheld` where the owner may not know of it any
more. A webhook sends in order, one after the other; while it is put off nothing of it is tried.
"""

import secrets
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from hearthub.clock import now_ms
from hearthub.community.payloads import PREFIXES, REPO, TOLD, Json, News, Payloads
from hearthub.community.webhooks import Webhook
from hearthub.db import Database, batches
from hearthub.errors import Conflict, InvalidCredentials, NotFound
from hearthub.events import Event, RepoMoved
from hearthub.jobs import Jobs
from hearthub.registry import Registry, Repo

MAX_WAITING = 1000
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


class Deliveries:
    """Rights are asked for as the owner of the webhook, with those he has now."""

    def __init__(self, db: Database, jobs: Jobs, registry: Registry, payloads: Payloads) -> None:
        self._db, self._jobs = db, jobs
        self._registry, self._payloads = registry, payloads

    # -- from an event to what is to be sent ----------------------------------------------------

    def notice(self, event: Event) -> None:
        """In the transaction of the event, while a repo that is deleted is still there."""
        repo = self._registry.by_id(event.repo_id)
        if repo is None or repo.type not in PREFIXES:
            return
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
            payload = {
                "news": asdict(news),
                "repo": asdict(repo),
                "webhooks": [row.id for row in rows],
                "source": secrets.token_hex(12),
            }
            self._jobs.add("webhooks.spread", payload)

    def spread(self, payload: dict[str, Any]) -> None:
        """Note what is to be sent, once for each webhook, however often this runs.

        To those that listened when it happened, and do now.
        """
        repo, news = Repo(**payload["repo"]), News(**payload["news"])
        if self._payloads.is_void(news.body):
            return
        for some in batches(payload["webhooks"]):
            rows = self._db.all(
                "select id, uid, account_id from webhook where disabled = 0 and id in (:some) "
                "order by id",
                some=some,
            )
            for row in rows:
                if self.may(row.account_id, asdict(repo), news.need, news.name):
                    self._queue(row.id, row.uid, payload["source"], news, repo)
        if news.name == DELETED:
            sql = "delete from webhook_watch where target = :repo and is_repo = 1"
            self._db.execute(sql, repo=repo.id)
        self.wake()

    def _queue(self, webhook: int, uid: str, source: str, news: News, repo: Repo) -> None:
        if self._is_full(webhook):
            return
        body = orjson.dumps({**news.body, "webhook": {"id": uid, "version": 3}}).decode()
        kept = orjson.dumps(asdict(repo)).decode()
        self._add(webhook, source, news.name, kept, news.need, body)

    def _is_full(self, webhook: int) -> bool:
        sql = "select count(*) from webhook_delivery where webhook_id = :id and state = 'waiting'"
        return bool(self._db.value(sql, id=webhook) >= MAX_WAITING)

    def _add(
        self, webhook: int, source: str, event: str, repo: str, need: int, payload: str
    ) -> str:
        uid = secrets.token_hex(12)
        self._db.execute(
            "insert into webhook_delivery (uid, webhook_id, source, event, repo, need, payload, "
            "state, attempts, created) values (:uid, :webhook, :source, :event, :repo, :need, "
            ":payload, 'waiting', 0, :now) on conflict (webhook_id, source) do nothing",
            uid=uid, webhook=webhook, source=source, event=event, repo=repo, need=int(need),
            payload=payload, now=now_ms(),
        )  # fmt: skip
        return uid

    def may(self, owner: int, kept: dict[str, Any], need: int, event: str) -> bool:
        """Whether the owner of a webhook may know this of a repo, `kept` as it was then.

        Of one that is gone nobody may, but for the news that it is, which its last state decides.
        """
        try:
            actor = self._registry.accounts.actor(owner)
        except InvalidCredentials:
            return False
        repo = self._registry.by_id(kept["id"])
        if repo is None and event != DELETED:
            return False
        return self._registry.right(actor, repo or Repo(**kept)) >= need

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
        may = self.may(webhook.owner_id, orjson.loads(row.repo), row.need, row.event)
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
            if self._is_full(webhook.id):
                raise Conflict(f"{MAX_WAITING} deliveries of this webhook wait already: try later")
            again = self._add(
                webhook.id, f"replay {secrets.token_hex(12)}", row.event, row.repo, row.need,
                orjson.dumps(self.payload(row)).decode(),
            )  # fmt: skip
            sql = "update webhook set due = :now where id = :id and due > :now"
            self._db.execute(sql, now=now_ms(), id=webhook.id)
            self.wake()
        return self.get(webhook, again)

    def tidy(self, _payload: dict[str, object]) -> None:
        """Forget old lines of the log."""
        self._db.execute(
            "delete from webhook_delivery where state <> 'waiting' and created < :before",
            before=now_ms() - KEEP_MS,
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


def _delivery(row: Any, payload: dict[str, Any] | None) -> Delivery:
    return Delivery(
        row.uid, row.event, row.state, row.attempts, row.status, row.answer, row.error,
        row.created, row.finished, payload,
    )  # fmt: skip
