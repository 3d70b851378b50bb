"""Discussions and pull requests: one list, one row of numbers, what was said and done in order.

An event's `data` is what the API shows of it:

    comment        {raw, edited, hidden, hidden_by, changed, history: [{raw, at}]}
    status-change  {status}
    title-change   {from, to}

Commits of a pull request are not stored: they are what its ref has and its branch has not.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from hearthub.accounts import Actor
from hearthub.clock import now_ms
from hearthub.community.talk import (
    COLUMNS,
    EVENTS,
    Discussion,
    Happening,
    Proposal,
    discussion_of,
    happening_of,
)
from hearthub.community.titles import one_line
from hearthub.db import Database, IntegrityError, batches
from hearthub.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    RevisionNotFound,
    TooLarge,
)
from hearthub.events import CommentChanged, Commented, DiscussionChanged, DiscussionOpened, EventLog
from hearthub.registry import MAIN, Registry, Repo, Right

MAX_TITLE, MAX_TEXT = 200, 65_536
"""Characters."""
MAX_EVENTS, MAX_SAID = 5_000, 2**23
"""Of one discussion, which clients get as a whole: events, and characters with what was edited."""
MAX_OPEN = 100
"""Discussions and pull requests of one user in a repo that he may not write to."""
MAX_EDITS, MAX_HISTORY, MAX_HISTORIES = 100, 2**18 + 2**10, 2**22
"""Of a comment's history: versions, and bytes; the longest comment in any script fits.
Bytes of comments whose histories are read together."""
PAGE = 50
STATUSES = {"all": None, "open": ("open", "draft"), "closed": ("closed", "merged")}
KINDS = {"all": None, "discussion": 0, "pull_request": 1}


class Discussions:
    """Raises NotFound, Forbidden, BadRequest, Conflict; each method asks for its right itself."""

    def __init__(self, db: Database, events: EventLog, registry: Registry) -> None:
        self._db, self._events, self._registry = db, events, registry

    # -- reading -----------------------------------------------------------------------------

    def page(
        self, repo: Repo, kind: str, status: str, author: str | None, number: int
    ) -> tuple[list[Discussion], int]:
        """A page of fifty, newest first, and how many there are in all."""
        if kind not in KINDS or status not in STATUSES:
            raise BadRequest("type is all, discussion or pull_request; status all, open or closed")
        where, named = "", dict[str, Any]()
        if (is_pull := KINDS[kind]) is not None:
            where, named = where + "and d.is_pull_request = :pull ", {**named, "pull": is_pull}
        if (statuses := STATUSES[status]) is not None:
            where, named = where + "and d.status in (:statuses) ", {**named, "statuses": statuses}
        if author:
            where, named = where + "and a.key = :author ", {**named, "author": author.lower()}
        rows = self._db.all(
            f"select {COLUMNS}where d.repo_id = :repo {where}"
            "order by d.num desc limit :limit offset :skip",
            repo=repo.id, limit=PAGE, skip=max(0, number) * PAGE, **named,
        )  # fmt: skip
        count = self._db.value(
            "select count(*) from discussion d left join account a on a.id = d.author_id "  # noqa: S608
            f"where d.repo_id = :repo {where}",
            repo=repo.id, **named,
        )  # fmt: skip
        return [discussion_of(row) for row in rows], int(count)

    def newest(self, repo_ids: Sequence[int], limit: int) -> list[Discussion]:
        """Of many repos together, the one opened last first. No access is checked."""
        found = [
            discussion_of(row)
            for some in batches(repo_ids)
            for row in self._db.all(
                f"select {COLUMNS}where d.repo_id in (:repos) "
                "order by d.created desc, d.id desc limit :limit",
                repos=some,
                limit=limit,
            )
        ]
        return sorted(found, key=lambda it: (it.created, it.id), reverse=True)[:limit]

    def get(self, repo: Repo, num: int) -> Discussion:
        row = self._db.one(
            f"select {COLUMNS}where d.repo_id = :repo and d.num = :num", repo=repo.id, num=num
        )
        if row is None:
            raise NotFound(f"There is no discussion {num}")
        return discussion_of(row)

    def open_count(self, repo: Repo) -> int:
        """How many are neither closed nor merged."""
        return int(
            self._db.value(
                "select count(*) from discussion where repo_id = :repo and status in (:open)",
                repo=repo.id,
                open=STATUSES["open"],
            )
        )

    def length(self, discussion: Discussion) -> int:
        """How many events it has."""
        return int(
            self._db.value(
                "select count(*) from discussion_event where discussion_id = :id", id=discussion.id
            )
        )

    def happenings(
        self, discussion: Discussion, *, skip: int = 0, limit: int = MAX_EVENTS + 1
    ) -> list[Happening]:
        """Oldest first. What a hidden comment said is not in it, nor what was edited away."""
        data = "json_replace(e.data, '$.history', json('[]'))" if self._db.is_sqlite else "e.data"
        rows = self._db.all(
            f"select e.uid, e.kind, e.author_id, a.name, e.created, {data} {EVENTS}"
            "where e.discussion_id = :id order by e.id limit :limit offset :skip",
            id=discussion.id,
            limit=limit,
            skip=skip,
        )
        found = [happening_of(row) for row in rows]
        for it in found:
            if it.kind == "comment":
                it.data["history"] = []
        return found

    def histories(self, events: list[Happening]) -> dict[str, list[dict[str, Any]]]:
        """What was edited away, by the comment's uid: of the newest, as far as there is room."""
        edited = [it.uid for it in events if it.kind == "comment" and it.data["edited"]][::-1]
        found, room = dict[str, list[dict[str, Any]]](), MAX_HISTORIES
        for start in range(0, len(edited), 16):
            rows = self._db.all(
                "select uid, data from discussion_event where uid in (:uids) order by id desc",
                uids=edited[start : start + 16],
            )
            for uid, data in rows:
                room -= len(data)
                if room < 0:
                    return found
                found[uid] = orjson.loads(data)["history"]
        return found

    def said(self, uid: str) -> Happening | None:
        """One comment, with what was edited away."""
        row = self._db.one(
            "select e.uid, e.kind, e.author_id, a.name, e.created, e.data "
            f"{EVENTS}where e.uid = :uid and e.kind = 'comment'",
            uid=uid,
        )
        return happening_of(row) if row else None

    def is_there(self, discussion_id: int) -> bool:
        """Not that it was opened for a commit which then failed."""
        sql = "select id from discussion where id = :id"
        return self._db.value(sql, id=discussion_id) is not None

    def proposal(self, repo: Repo, discussion: Discussion) -> Proposal | None:
        """None when its branch, or what was merged, is there no more: what was said stays."""
        try:
            return self._proposal(repo, discussion)
        except NotFound:
            return None

    def _proposal(self, repo: Repo, discussion: Discussion) -> Proposal:
        pulls = self._registry.pulls
        if discussion.merged_oid and discussion.merged_head:
            return self._merged(repo, discussion.merged_oid, discussion.merged_head)
        head = pulls.head(repo, discussion.num)
        base = pulls.branch(repo, discussion.base or MAIN).commit_oid
        commits = pulls.commits(repo, base, head)
        if discussion.status == "closed":
            return Proposal(base, head, commits)
        merged = pulls.attempt(repo, base, head).merged
        return Proposal(base, head, commits, merged.conflicts, merged.is_whole)

    def _merged(self, repo: Repo, oid: str, head: str) -> Proposal:
        """As it was merged, as far as refs reach that still: of the branch no more than what both
        sides had, should its history be another now."""
        pulls = self._registry.pulls
        self._registry.commit_of(repo, head)
        base = self._registry.commit_at(repo, oid).parents[0]
        try:
            self._registry.commit_of(repo, base)
        except RevisionNotFound:
            fork = pulls.fork(repo, base, head)
            if fork is None:
                raise
            base = fork
        return Proposal(base, head, pulls.commits(repo, base, head))

    # -- writing -----------------------------------------------------------------------------

    def open(
        self, actor: Actor, repo: Repo, title: str, text: str, *, base: str | None = None,
        status: str = "open",
    ) -> Discussion:  # fmt: skip
        """A new one; with `base`, a branch, a pull request with a ref of its own."""
        self._require(actor, repo, Right.PROPOSE)
        if base is not None:
            base = self._registry.pulls.branch(repo, base).name
        title = one_line(title, MAX_TITLE)
        _check_text(text, may_be_empty=True)
        try:
            with self._db.transaction():
                self._db.hold("repo", repo.id)  # numbers are given out one after the other
                self._require_room(actor, repo)
                num = 1 + self._db.value(
                    "select coalesce(max(num), 0) from discussion where repo_id = :repo",
                    repo=repo.id,
                )
                self._db.execute(
                    "insert into discussion (repo_id, num, title, status, is_pull_request, "
                    "author_id, base, created) "
                    "values (:repo, :num, :title, :status, :pull, :author, :base, :now)",
                    repo=repo.id, num=num, title=title, status=status, pull=int(base is not None),
                    author=actor.user_id, base=base, now=now_ms(),
                )  # fmt: skip
                if base is not None:
                    self._registry.pulls.open(actor, repo, num, base)
                found = self.get(repo, num)
                if text:
                    self._add(actor, found, "comment", _comment(text))
                event = DiscussionOpened(repo.id, num, title, base is not None)
                self._events.append(event, actor.user_id)
        except IntegrityError:
            raise Conflict("Somebody else opened a discussion in this moment: try again") from None
        return found

    def withdraw(self, repo: Repo, discussion: Discussion) -> None:
        """Take back one that was opened for a commit which then failed."""
        with self._db.transaction():
            self._db.execute("delete from discussion where id = :id", id=discussion.id)
            self._registry.pulls.close(repo, discussion.num)

    def comment(self, actor: Actor, repo: Repo, num: int, text: str) -> Happening:
        self._require(actor, repo, Right.PROPOSE)
        _check_text(text)
        with self._db.transaction():
            return self._say(actor, repo, self.get(repo, num), text)

    def edit(self, actor: Actor, repo: Repo, num: int, uid: str, text: str) -> Happening:
        """Only whoever wrote a comment may change it; what it was is kept."""
        _check_text(text)

        def changed(data: dict[str, Any]) -> dict[str, Any]:
            now = now_ms()
            history = _newest([*data["history"], {"raw": data["raw"], "at": now}])
            return {**data, "raw": text, "edited": True, "changed": now, "history": history}

        return self._change(actor, repo, num, uid, changed, is_by_author_alone=True)

    def hide(self, actor: Actor, repo: Repo, num: int, uid: str) -> Happening:
        """For good: what it said, and ever did, is deleted. Its author may, and whoever may
        write to the repo."""

        def hidden(data: dict[str, Any]) -> dict[str, Any]:
            return {**data, "raw": "", "hidden": True, "hidden_by": actor.name, "history": []}

        return self._change(actor, repo, num, uid, hidden, is_by_author_alone=False)

    def rename(self, actor: Actor, repo: Repo, num: int, title: str) -> Happening:
        title = one_line(title, MAX_TITLE)
        with self._db.transaction():
            found = self._own(actor, repo, num)
            self._db.execute(
                "update discussion set title = :title where id = :id", title=title, id=found.id
            )
            data = {"from": found.title, "to": title}
            return self._done(actor, repo, found, "title-change", data)

    def set_status(
        self, actor: Actor, repo: Repo, num: int, status: str, reason: str | None
    ) -> Happening:
        """Open or closed; a draft is opened so, and a merged one stays as it is."""
        if status not in ("open", "closed"):
            raise BadRequest("status is open or closed")
        with self._db.transaction():
            found = self._own(actor, repo, num)
            if found.status == "merged":
                raise Conflict("It is merged: open another one")
            if found.status == status:
                raise Conflict(f"It is {status} already")
            if status == "open" and found.status == "closed":
                self._require_room(actor, repo)
            self._set(found, status)
            if reason:
                _check_text(reason)
                self._say(actor, repo, found, reason)
            # The reason is a comment alone: hiding that takes it away.
            return self._done(actor, repo, found, "status-change", {"status": status})

    def merge(
        self, actor: Actor, repo: Repo, num: int, comment: str | None, *, seen: str | None = None
    ) -> str:
        """Merge a pull request that is open into its branch; the commit it became.

        `seen`: the commit that was looked at; Conflict where the pull request has another by now.
        """
        self._require(actor, repo, Right.WRITE)
        found = self.get(repo, num)
        if not found.is_pull_request or found.base is None:
            raise BadRequest("A discussion cannot be merged: it has no commits")
        pulls = self._registry.pulls
        head, base = pulls.head(repo, num), pulls.branch(repo, found.base).commit_oid
        if seen is not None and seen != head:
            raise Conflict("The pull request has changed since you looked at it: look again")
        steps = [f"- {it.title[:100]} ({oid})" for oid, it in pulls.commits(repo, base, head)]
        message = "\n".join([f"{found.title} (#{num})", "", *steps[:100]])
        if comment:
            _check_text(comment)
        # Strangers' trees are walked before others wait for this transaction.
        attempt = pulls.attempt(repo, base, head)
        with self._db.transaction():
            # Before the branch moves: of two who merge at once one does.
            if not self._db.execute(
                "update discussion set status = 'merged', merged_head = :head "
                "where id = :id and status in ('open', 'draft')",
                head=head, id=found.id,
            ):  # fmt: skip
                raise Conflict(f"It is {self.get(repo, num).status}")
            if pulls.head(repo, num) != head:
                raise Conflict("The pull request changed in this moment: look again")
            oid = pulls.merge(actor, repo, attempt, found.base, message)
            self._db.execute(
                "update discussion set merged_oid = :oid where id = :id", oid=oid, id=found.id
            )
            if found.author_id is not None:
                self._registry.adopt(repo, found.author_id)
            if comment:
                self._say(actor, repo, found, comment)
            self._done(actor, repo, found, "status-change", {"status": "merged"})
        return oid

    # -- the steps ---------------------------------------------------------------------------

    def _require(self, actor: Actor, repo: Repo, need: Right) -> None:
        self._registry.recheck(actor, repo.id, need)

    def _require_room(self, actor: Actor, repo: Repo) -> None:
        """For one more that is open, by somebody who may not write to the repo."""
        if self._registry.right(actor, repo) >= Right.WRITE:
            return
        count = self._db.value(
            "select count(*) from discussion "
            "where repo_id = :repo and author_id = :author and status in (:open)",
            repo=repo.id,
            author=actor.user_id,
            open=STATUSES["open"],
        )
        if count >= MAX_OPEN:
            raise TooLarge(
                f"You have {MAX_OPEN} open discussions and pull requests in this repo, as many as "
                "one may: close some first"
            )

    def _own(self, actor: Actor, repo: Repo, num: int) -> Discussion:
        """One that the actor opened, or in a repo he may write to."""
        self._require(actor, repo, Right.PROPOSE)
        found = self._held(repo, num)
        if found.author_id != actor.user_id:
            self._require(actor, repo, Right.WRITE)
        return found

    def _held(self, repo: Repo, num: int) -> Discussion:
        """As it is until the transaction ends."""
        self._db.hold("discussion", self.get(repo, num).id)
        return self.get(repo, num)

    def _set(self, discussion: Discussion, status: str) -> None:
        self._db.execute(
            "update discussion set status = :status where id = :id",
            status=status,
            id=discussion.id,
        )

    def _say(self, actor: Actor, repo: Repo, discussion: Discussion, text: str) -> Happening:
        happening = self._add(actor, discussion, "comment", _comment(text))
        self._events.append(Commented(repo.id, discussion.num, happening.uid), actor.user_id)
        return happening

    def _done(
        self, actor: Actor, repo: Repo, discussion: Discussion, kind: str, data: dict[str, Any]
    ) -> Happening:
        happening = self._add(actor, discussion, kind, data)
        event = DiscussionChanged(repo.id, discussion.num, kind)
        self._events.append(event, actor.user_id)
        return happening

    def _add(
        self, actor: Actor, discussion: Discussion, kind: str, data: dict[str, Any]
    ) -> Happening:
        # However much strangers said: it can be merged or closed, once each time it was opened.
        if kind != "status-change" or data["status"] == "open":
            self._require_space(discussion, len(data.get("raw", "")))
        uid, now = secrets.token_hex(12), now_ms()
        self._db.execute(
            "insert into discussion_event (uid, discussion_id, kind, author_id, created, data) "
            "values (:uid, :discussion, :kind, :author, :now, :data)",
            uid=uid, discussion=discussion.id, kind=kind, author=actor.user_id, now=now,
            data=orjson.dumps(data).decode(),
        )  # fmt: skip
        return Happening(uid, kind, actor.user_id, actor.name, now, data)

    def _require_space(self, discussion: Discussion, more: int) -> None:
        many, said = self._db.one(
            "select count(*), coalesce(sum(length(data)), 0) from discussion_event "
            "where discussion_id = :id", id=discussion.id,
        ) or (0, 0)  # fmt: skip
        if many >= MAX_EVENTS or said + more > MAX_SAID:
            most = f"{MAX_EVENTS} comments and {MAX_SAID} characters"
            raise TooLarge(f"A discussion has at most {most}: open another one")

    def _change(
        self, actor: Actor, repo: Repo, num: int, uid: str,
        changed: Callable[[dict[str, Any]], dict[str, Any]], *, is_by_author_alone: bool,
    ) -> Happening:  # fmt: skip
        self._require(actor, repo, Right.PROPOSE)
        with self._db.transaction():
            discussion = self._held(repo, num)  # of two changes neither undoes the other
            row = self._db.one(
                "select e.uid, e.kind, e.author_id, a.name, e.created, e.data "
                f"{EVENTS}where e.uid = :uid and e.discussion_id = :id and e.kind = 'comment'",
                uid=uid, id=discussion.id,
            )  # fmt: skip
            if row is None:
                raise NotFound(f"There is no comment {uid[:40]}")
            found = happening_of(row)
            if found.author_id != actor.user_id:
                if is_by_author_alone:
                    raise Forbidden("Only its author may change a comment")
                self._require(actor, repo, Right.WRITE)
            if found.data["hidden"]:
                raise Conflict("The comment is hidden, for good")
            data = changed(found.data)
            if data["raw"]:  # to hide makes room
                self._require_space(discussion, len(data["raw"]))
            self._db.execute(
                "update discussion_event set data = :data where uid = :uid",
                data=orjson.dumps(data).decode(), uid=uid,
            )  # fmt: skip
            self._events.append(CommentChanged(repo.id, num, uid), actor.user_id)
        return Happening(uid, found.kind, found.author_id, found.author, found.created, data)


def _comment(text: str) -> dict[str, Any]:
    return {"raw": text, "edited": False, "hidden": False, "hidden_by": None, "history": []}


def _newest(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As much as is kept."""
    room = MAX_HISTORY
    for number, it in enumerate(reversed(history)):
        room -= len(orjson.dumps(it))
        if room < 0 or number == MAX_EDITS:
            return history[len(history) - number :]
    return history


def _check_text(text: str, *, may_be_empty: bool = False) -> None:
    if len(text) > MAX_TEXT or not (text.strip() or may_be_empty):
        raise BadRequest(f"A comment has 1 to {MAX_TEXT} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest("A comment is not valid Unicode") from None
