"""The job that sends what webhooks have waiting."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson

from hearthub import __version__
from hearthub.clock import now_ms
from hearthub.community.deliveries import COLUMNS, Deliveries
from hearthub.community.posting import Outcome, Poster
from hearthub.db import Database, DatabaseError

MAX_ATTEMPTS = 7
FIRST_WAIT_S, LONGEST_WAIT_S = 10, 3600
"""10, 30, 90... seconds after the first, second, third attempt: an hour in all."""
MAX_FAILURES = 20
"""Deliveries given up one after the other; then the webhook is disabled."""
PARALLEL, ROUND_S = 8, 30
_DUE = (
    f"select {COLUMNS}, w.id as webhook_id, w.url, w.secret, w.account_id, w.disabled, w.failures "  # noqa: S608
    "from (select webhook_id, min(id) as first from webhook_delivery "
    "where state = 'waiting' group by webhook_id) q "
    "join webhook w on w.id = q.webhook_id join webhook_delivery d on d.id = q.first "
    "where w.due <= :now order by w.due, d.id limit :most"
)


class Sending:
    """One such job runs at a time, so that no delivery is sent by two."""

    def __init__(self, db: Database, deliveries: Deliveries, poster: Poster) -> None:
        self._db, self._deliveries, self._poster = db, deliveries, poster

    def run(self, _payload: dict[str, object]) -> None:
        """Send what is due, of each webhook the oldest, several at once; half a minute long, so
        that other jobs have their turn."""
        ends = time.monotonic() + ROUND_S
        with ThreadPoolExecutor(PARALLEL, "webhooks") as pool:
            while rows := self._db.all(_DUE, now=now_ms(), most=PARALLEL):
                due = [row for row in rows if self._is_to_be_sent(row)]
                bodies = [orjson.dumps(self._deliveries.payload(row)) for row in due]
                for row, outcome in zip(due, pool.map(self._post, due, bodies), strict=True):
                    self._note_alone(row, outcome)
                if time.monotonic() > ends:
                    break
        self._continue()

    def _is_to_be_sent(self, row: Any) -> bool:
        kept = orjson.loads(row.repo)
        if row.disabled:
            self._end(row, "failed", row.attempts, Outcome(None, error="The webhook is disabled"))
        elif not self._deliveries.may(row.account_id, kept, row.need):
            why = "The webhook's owner may not read this repo"
            self._end(row, "withheld", row.attempts, Outcome(None, error=why))
        else:
            return True
        return False

    def _post(self, row: Any, body: bytes) -> Outcome:
        """In a thread of its own: touches no database."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"hearthub/{__version__}",
            "X-Webhook-Id": row.uid,  # the same again where it is tried again
        }
        if row.secret:
            headers["X-Webhook-Secret"] = row.secret
        return self._poster.post(row.url, body, headers)

    def _note_alone(self, row: Any, outcome: Outcome) -> None:
        """One that cannot be noted was tried all the same, and keeps no other from being noted."""
        try:
            self._note(row, outcome)
        except DatabaseError:
            self._note(row, Outcome(None, error="What came of it could not be stored"))

    def _note(self, row: Any, outcome: Outcome) -> None:
        attempts = row.attempts + 1
        with self._db.transaction():
            if outcome.arrived:
                self._end(row, "done", attempts, outcome)
                # Not 0: those who have waited longer come first, however much this one has.
                self._change(row, failures=0, due=now_ms(), disabled=False)
            elif outcome.may_pass and attempts < MAX_ATTEMPTS:
                self._end(row, "waiting", attempts, outcome)
                wait_s = min(FIRST_WAIT_S * 3 ** (attempts - 1), LONGEST_WAIT_S)
                due = now_ms() + wait_s * 1000
                self._change(row, failures=row.failures, due=due, disabled=False)
            else:
                self._end(row, "failed", attempts, outcome)
                failures = row.failures + 1
                disabled = failures >= MAX_FAILURES
                self._change(row, failures=failures, due=now_ms(), disabled=disabled)

    def _end(self, row: Any, state: str, attempts: int, outcome: Outcome) -> None:
        self._db.execute(
            "update webhook_delivery set state = :state, attempts = :attempts, status = :status, "
            "answer = :answer, error = :error, finished = :now where id = :id and uid = :uid",
            state=state,
            attempts=attempts,
            status=outcome.status,
            answer=outcome.answer,
            error=outcome.error,
            now=now_ms(),
            id=row.id,
            uid=row.uid,
        )

    def _change(self, row: Any, *, failures: int, due: int, disabled: bool) -> None:
        """Its owner may have disabled it meanwhile."""
        self._db.execute(
            "update webhook set failures = :failures, due = :due, "
            "disabled = case when :disabled = 1 then 1 else disabled end where id = :id",
            failures=failures,
            due=due,
            disabled=int(disabled),
            id=row.webhook_id,
        )

    def _continue(self) -> None:
        """Come again when the next one is due."""
        due = self._db.value(
            "select min(w.due) from webhook w where w.id in "
            "(select webhook_id from webhook_delivery where state = 'waiting')"
        )
        if due is not None:
            self._deliveries.wake(max(0.0, (due - now_ms()) / 1000))
