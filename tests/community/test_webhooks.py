"""Webhooks: who hears what, and what becomes of it on the way."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from community.stage import ALICE, Stage, open_stage
from hearthub.accounts import Actor
from hearthub.community import Watched
from hearthub.community.posting import Outcome
from hearthub.community.sending import MAX_ATTEMPTS, MAX_FAILURES
from hearthub.errors import BadRequest, Conflict, Forbidden, LoginRequired, NotFound, TooLarge


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with open_stage(tmp_path) as found:
        yield found


class TestWhatIsTold:
    def test_of_a_repo(self, stage: Stage) -> None:
        stage.hook(secret="s3cret")
        repo = stage.repo()
        before = stage.hub.registry.head(repo)
        after = stage.commit(repo, "one")
        registry, alice = stage.hub.registry, stage.actor("alice")
        registry.branches.create_tag(alice, repo, "v1", "main", None)
        registry.branches.delete_tag(alice, repo, "v1")
        registry.change_settings(alice, "model", "alice/bert", gated="auto")
        registry.move(alice, "model", "alice/bert", "alice/berta")
        stage.run()
        registry.delete(alice, "model", "alice/berta")
        assert stage.run() == [
            "create repo",
            *["update repo.content"] * 4,
            "update repo.config",
            "move repo",
            "delete repo",
        ]
        posts = stage.listener.posts
        assert {headers["X-Webhook-Secret"] for headers, _ in posts} == {"s3cret"}
        told = posts[2][1]
        assert told["repo"] == {
            "type": "model",
            "name": "alice/bert",
            "id": repo.uid,
            "private": False,
            "url": {
                "web": "https://hub.test/alice/bert",
                "api": "https://hub.test/api/models/alice/bert",
            },
            "owner": {"id": f"{repo.owner_id:024x}"},
            "headSha": after,
            "head_sha": after,
        }
        main = {"ref": "refs/heads/main", "oldSha": before, "newSha": after}
        assert told["updatedRefs"] == [main]
        tag = {"ref": "refs/tags/v1", "oldSha": after, "newSha": None}
        assert posts[4][1]["updatedRefs"] == [tag]
        assert posts[5][1]["updatedConfig"] == {"gated": "auto"}
        assert posts[6][1]["repo"]["name"] == "alice/bert"
        assert posts[6][1]["movedTo"]["name"] == "alice/berta"
        assert posts[7][1]["repo"]["name"] == "alice/berta"

    def test_of_a_discussion(self, stage: Stage) -> None:
        hook = stage.hook(domains=["discussion"])
        repo, bob = stage.repo(), stage.actor("bob")
        talk = stage.hub.community.discussions
        num = talk.open(bob, repo, "Hello", "World").num
        said = talk.comment(bob, repo, num, "And more")
        stage.run()
        talk.edit(bob, repo, num, said.uid, "And less")
        stage.run()
        talk.hide(bob, repo, num, said.uid)
        talk.set_status(bob, repo, num, "closed", None)
        pull = talk.open(bob, repo, "A pull", "", base="refs/heads/main", status="draft").num
        assert stage.run() == [
            "create discussion",
            "create discussion.comment",
            "update discussion.comment",
            "update discussion.comment",
            "update discussion",
            "create discussion",
        ]
        bodies = [body for _, body in stage.listener.posts]
        assert bodies[0]["comment"]["content"] == "World"
        assert bodies[0]["discussion"]["author"] == {"id": f"{bob.user_id:024x}"}
        assert bodies[0]["webhook"] == {"id": hook.uid, "version": 3}
        assert [it["comment"].get("content") for it in bodies[1:4]] == [
            "And more",
            "And less",
            None,
        ]
        assert bodies[3]["comment"]["hidden"]
        assert bodies[4]["discussion"]["status"] == "closed"
        assert bodies[5]["discussion"]["num"] == pull
        assert bodies[5]["discussion"]["changes"] == {"base": "refs/heads/main"}
        assert "comment" not in bodies[5]

    def test_what_is_not_watched(self, stage: Stage) -> None:
        repo = stage.repo()
        stage.hook(watched=[Watched("model", "alice/bert")], domains=["repo"])
        stage.hook("bob", watched=[Watched("org", "acme")])
        stage.repo("alice/other")
        stage.hub.community.discussions.open(stage.actor("bob"), repo, "Hello", "")
        assert stage.run() == []
        stage.repo("acme/third")
        stage.commit(repo, "one")
        stage.run()
        told = {(body["repo"]["name"], headers["Host"]) for headers, body in stage.listener.posts}
        assert {name for name, _ in told} == {"acme/third", "alice/bert"}

    def test_a_repo_that_moves_is_still_watched(self, stage: Stage) -> None:
        stage.repo()
        hook = stage.hook(watched=[Watched("model", "alice/bert")])
        old = stage.hook("bob", watched=ALICE)
        moved = stage.hub.registry.move(stage.actor("alice"), "model", "alice/bert", "acme/bert")
        stage.commit(moved, "one")
        stage.run()
        assert [it[0] for it in stage.log(hook)] == ["update repo.content", "move repo"]
        assert [it[0] for it in stage.log(old)] == ["move repo"], "the namespace it left"
        watched = stage.hub.community.webhooks.get(stage.actor("charlie"), hook.uid).watched
        assert watched == (Watched("model", "acme/bert"),)
        again = stage.hook(watched=[Watched("model", "alice/bert")])
        assert again.watched == watched, "by its old name too"

    def test_nobody_watches(self, stage: Stage) -> None:
        stage.repo()
        jobs = stage.hub.db.value("select count(*) from job where name = 'webhooks.spread'")
        assert jobs == 0

    def test_a_spread_that_runs_twice(self, stage: Stage) -> None:
        hook = stage.hook()
        stage.repo()
        stage.hub.jobs.run_due()
        count = len(stage.log(hook))
        stage.hub.db.execute("update job set state = 'waiting' where name = 'webhooks.spread'")
        stage.run()
        assert len(stage.log(hook)) == count == len(stage.listener.posts)


class TestRights:
    def test_private_repos(self, stage: Stage) -> None:
        stage.hook()
        own = stage.hook("alice")
        repo = stage.repo(visibility="private")
        stage.commit(repo, "one")
        stage.hub.registry.delete(stage.actor("alice"), "model", "alice/bert")
        content = ["update repo.content"] * 2
        assert stage.run() == ["create repo", *content, "delete repo"], "to the owner alone"
        assert stage.log(own)[0] == ("delete repo", "done", 1, 200)

    def test_a_right_that_is_lost_meanwhile(self, stage: Stage) -> None:
        """What happened while it was public is not sent once it is not."""
        hook, alice = stage.hook(), stage.actor("alice")
        stage.repo()
        stage.listener.answers = [500]
        assert stage.run() == ["create repo"]
        settings = stage.hub.registry.change_settings
        settings(alice, "model", "alice/bert", visibility="private")
        stage.forgive()
        assert stage.run() == ["create repo"]
        assert {state for _, state, _, _ in stage.log(hook)} == {"withheld"}
        uid = stage.hub.community.deliveries.log(hook)[0].uid
        assert stage.hub.community.deliveries.get(hook, uid).payload is None
        with pytest.raises(NotFound):
            stage.hook(watched=[Watched("model", "alice/bert")])

    def test_gated_repos(self, stage: Stage) -> None:
        """That there are commits may be known; what is said may not."""
        repo, alice = stage.repo(), stage.actor("alice")
        stage.hub.registry.change_settings(alice, "model", "alice/bert", gated="manual")
        stage.hook()
        stage.commit(repo, "one")
        stage.hub.community.discussions.open(alice, repo, "Hello", "")
        assert stage.run() == ["update repo.content"]

    def test_an_owner_who_is_disabled(self, stage: Stage) -> None:
        hook = stage.hook()
        stage.repo()
        stage.hub.accounts.set_disabled("charlie", True)
        assert stage.run() == []
        assert stage.log(hook) == []

    def test_others_have_no_webhook(self, stage: Stage) -> None:
        hook, webhooks = stage.hook(), stage.hub.community.webhooks
        assert webhooks.all(stage.actor("bob")) == []
        for call in (
            lambda who: webhooks.get(who, hook.uid),
            lambda who: webhooks.delete(who, hook.uid),
            lambda who: webhooks.set_disabled(who, hook.uid, True),
        ):
            with pytest.raises(NotFound):
                call(stage.actor("bob"))
            with pytest.raises((LoginRequired, NotFound)):
                call(Actor(None, None, False, False, {}, None))

    def test_a_token_that_may_only_read(self, stage: Stage) -> None:
        hook, webhooks = stage.hook(secret="s3cret"), stage.hub.community.webhooks
        reader = stage.hub.accounts.authenticate(
            stage.hub.accounts.add_token("charlie", "r", "read")
        )
        assert webhooks.get(reader, hook.uid).secret is None
        for refused in (
            lambda: webhooks.delete(reader, hook.uid),
            lambda: webhooks.create(reader, "https://example.org/", ALICE, ["repo"], None),
            lambda: webhooks.get_to_change(reader, hook.uid),
        ):
            with pytest.raises(Forbidden):
                refused()


class TestOnTheWay:
    def test_tried_again(self, stage: Stage) -> None:
        hook = stage.hook()
        stage.repo()
        stage.listener.answers = [503, 429]
        assert stage.run() == ["create repo"]
        assert stage.log(hook)[-1] == ("create repo", "waiting", 1, 503)
        stage.run()
        assert len(stage.listener.posts) == 1, "not before its time"
        stage.forgive()
        stage.run()
        stage.forgive()
        assert stage.run() == [*["create repo"] * 3, "update repo.content"], "and in order"
        assert stage.log(hook)[-1] == ("create repo", "done", 3, 200)
        ids = [headers["X-Webhook-Id"] for headers, _ in stage.listener.posts]
        assert len(set(ids)) == 2

    def test_given_up(self, stage: Stage) -> None:
        hook = stage.hook()
        stage.repo()
        stage.listener.answers = [500] * MAX_ATTEMPTS
        for _ in range(MAX_ATTEMPTS):
            stage.run()
            stage.forgive()
        stage.run()
        assert stage.log(hook) == [
            ("update repo.content", "done", 1, 200),
            ("create repo", "failed", MAX_ATTEMPTS, 500),
        ]

    @pytest.mark.parametrize("status", [302, 400, 404, 410])
    def test_a_refusal_is_final(self, stage: Stage, status: int) -> None:
        hook = stage.hook()
        stage.repo()
        stage.listener.answers = [status]
        stage.run()
        assert stage.log(hook)[-1] == ("create repo", "failed", 1, status)
        assert len(stage.listener.posts) == 2

    def test_disabled_after_many_failures(self, stage: Stage) -> None:
        hook = stage.hook()
        repo = stage.repo()
        stage.listener.answers = [404] * MAX_FAILURES
        for number in range(MAX_FAILURES):
            stage.commit(repo, str(number))
        stage.run()
        found = stage.hub.community.webhooks.get(stage.actor("charlie"), hook.uid)
        assert found.disabled
        assert len(stage.listener.posts) == MAX_FAILURES
        enabled = stage.hub.community.webhooks.set_disabled(stage.actor("charlie"), hook.uid, False)
        assert not enabled.disabled
        stage.commit(repo, "once more")
        stage.run()
        assert stage.log(hook)[0] == ("update repo.content", "done", 1, 200)

    def test_what_happened_while_it_was_disabled(self, stage: Stage) -> None:
        """Also when the job comes only after it is enabled again."""
        hook, webhooks, charlie = stage.hook(), stage.hub.community.webhooks, stage.actor("charlie")
        repo = stage.repo()
        stage.run()
        webhooks.set_disabled(charlie, hook.uid, True)
        stage.commit(repo, "one")
        webhooks.set_disabled(charlie, hook.uid, False)
        sent = len(stage.listener.posts)
        stage.run()
        assert len(stage.listener.posts) == sent
        stage.commit(repo, "two")
        stage.run()
        assert len(stage.listener.posts) == sent + 1

    def test_disabled_by_its_owner(self, stage: Stage) -> None:
        hook, webhooks = stage.hook(), stage.hub.community.webhooks
        repo = stage.repo()
        webhooks.set_disabled(stage.actor("charlie"), hook.uid, True)
        assert stage.run() == []
        stage.commit(repo, "one")
        assert stage.run() == []
        found = webhooks.get(stage.actor("charlie"), hook.uid)
        with pytest.raises(Conflict):
            stage.hub.community.deliveries.replay(found, "0" * 24)

    def test_replayed(self, stage: Stage) -> None:
        hook, deliveries = stage.hook(), stage.hub.community.deliveries
        stage.repo()
        stage.run()
        first = deliveries.log(hook)[-1]
        again = deliveries.replay(hook, first.uid)
        assert (again.uid != first.uid, again.state) == (True, "waiting")
        assert again.payload == stage.listener.posts[0][1]
        with pytest.raises(Conflict, match="not sent yet"):
            deliveries.replay(hook, again.uid)
        stage.run()
        assert stage.listener.posts[-1][1] == stage.listener.posts[0][1]
        with pytest.raises(NotFound):
            deliveries.replay(hook, "0" * 24)

    def test_of_the_log_the_newest_stay(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hearthub.community.deliveries.KEEP_MOST", 2)
        hook, repo = stage.hook(), stage.repo()
        for number in range(3):
            stage.commit(repo, str(number))
        stage.run()
        newest = stage.log(hook)[:2]
        stage.hub.community.deliveries.tidy({})
        assert stage.log(hook) == newest
        stage.hub.db.execute("update webhook_delivery set created = 0")
        stage.hub.community.deliveries.tidy({})
        assert stage.log(hook) == []

    def test_a_backlog_has_an_end(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("hearthub.community.deliveries.MAX_WAITING", 3)
        hook, repo = stage.hook(), stage.repo()
        stage.hub.db.execute("update webhook set due = :later", later=2**60)
        for number in range(5):
            stage.commit(repo, str(number))
        stage.run()
        assert len(stage.log(hook)) == 3

    def test_replays_are_part_of_the_backlog(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hearthub.community.deliveries.MAX_WAITING", 3)
        hook, deliveries = stage.hook(), stage.hub.community.deliveries
        stage.repo()
        stage.run()
        uid = deliveries.log(hook)[0].uid
        for _ in range(3):
            deliveries.replay(hook, uid)
        with pytest.raises(Conflict, match="3 deliveries of this webhook wait"):
            deliveries.replay(hook, uid)

    @pytest.mark.parametrize("status", [200, 404])
    def test_one_after_the_other(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        """Whoever has much waiting, and has had it for longer, keeps nobody else waiting."""
        monkeypatch.setattr("hearthub.community.sending.PARALLEL", 1)
        stage.listener.answers = [status] * 10
        later = "update webhook set due = 1 << 60"
        busy = stage.hook()
        stage.hub.db.execute(later)
        repo = stage.repo()
        stage.run()
        quiet = stage.hook("bob")
        stage.hub.db.execute(later)
        stage.commit(repo, "one")
        stage.run()
        assert [len(stage.log(it)) for it in (busy, quiet)] == [3, 1]
        stage.forgive()
        stage.run()
        senders = [headers["X-Path"] for headers, _ in stage.listener.posts]
        assert senders == ["/charlie", "/bob", "/charlie", "/charlie"]

    def test_a_slow_one_holds_up_no_other(self, stage: Stage) -> None:
        """Of a webhook that is put off nothing is tried; the others go on."""
        slow, quick = stage.hook(), stage.hook("bob")
        stage.hub.db.execute(
            "update webhook set due = :later where id = :id", later=2**60, id=slow.id
        )
        stage.repo()
        stage.run()
        assert [it[1] for it in stage.log(quick)] == ["done", "done"]
        assert [it[1] for it in stage.log(slow)] == ["waiting", "waiting"]

    def test_an_outcome_that_cannot_be_noted(self, stage: Stage) -> None:
        """Fails alone, and is not sent again and again."""
        stage.hub.db.execute(
            "create trigger refuses before update on webhook_delivery "
            "when new.answer = 'thanks' and new.webhook_id = 1 "
            "begin select raise(abort, 'no such text'); end"
        )
        first, second = stage.hook(), stage.hook("bob")
        stage.repo()
        stage.run()
        assert {it[1] for it in stage.log(second)} == {"done"}
        assert stage.log(first)[-1] == ("create repo", "waiting", 1, None)
        assert len(stage.listener.posts) == 3

    def test_numbers_are_given_out_once(self, stage: Stage) -> None:
        """What is on its way belongs to no other that came meanwhile."""
        hook = stage.hook()
        stage.repo()
        stage.run()
        last = stage.hub.db.value("select max(id) from webhook_delivery")
        stage.hub.community.webhooks.delete(stage.actor("charlie"), hook.uid)
        again = stage.hook()
        assert again.id > hook.id
        stage.repo("alice/other")
        stage.run()
        assert stage.hub.db.value("select min(id) from webhook_delivery") > last

    def test_an_outcome_is_of_one_delivery(self, stage: Stage) -> None:
        hook = stage.hook()
        stage.repo()
        stage.run()
        number = stage.hub.db.value("select max(id) from webhook_delivery")
        gone = SimpleNamespace(id=number, uid="0" * 24, attempts=6, failures=0, webhook_id=hook.id)
        stage.hub.community.sending._note(gone, Outcome(404))
        assert {it[1] for it in stage.log(hook)} == {"done"}

    def test_what_is_hidden_by_then(self, stage: Stage) -> None:
        """For good: neither what waits nor what is replayed or shown has it."""
        hook, deliveries = stage.hook(domains=["discussion"]), stage.hub.community.deliveries
        repo, bob = stage.repo(), stage.actor("bob")
        talk = stage.hub.community.discussions
        num = talk.open(bob, repo, "Hello", "World").num
        sent, waits = talk.comment(bob, repo, num, "SECRET one"), None
        stage.run()
        uid = deliveries.log(hook)[0].uid
        assert "SECRET" in str(deliveries.get(hook, uid).payload)
        stage.hub.db.execute("update webhook set due = 1 << 60")
        waits = talk.comment(bob, repo, num, "SECRET two")
        stage.run()
        for it in (sent, waits):
            talk.hide(bob, repo, num, it.uid)
        told = deliveries.get(hook, uid).payload
        assert told is not None
        assert (told["comment"]["id"], told["comment"]["hidden"]) == (sent.uid, True)
        assert "SECRET" not in str(told)
        assert "SECRET" not in str(deliveries.replay(hook, uid).payload)
        stage.listener.posts.clear()
        stage.forgive()
        stage.run()
        posts = [body for _, body in stage.listener.posts]
        assert [it["comment"]["id"] for it in posts].count(waits.uid) == 2
        assert "SECRET" not in str(posts)


class TestMalformed:
    @pytest.mark.parametrize(
        ("url", "watched", "domains", "secret"),
        [
            ("http://10.0.0.1/", ALICE, ["repo"], None),
            ("http://[::1]/", ALICE, ["repo"], None),
            ("javascript:alert(1)", ALICE, ["repo"], None),
            ("https://example.org/", [], ["repo"], None),
            ("https://example.org/", ALICE, [], None),
            ("https://example.org/", ALICE, ["repo", "else"], None),
            ("https://example.org/", [Watched("kernel", "a/b")], ["repo"], None),
            ("https://example.org/", ALICE, ["repo"], "a\r\nX-Evil: 1"),
            ("https://example.org/", ALICE, ["repo"], ""),
            ("https://example.org/", ALICE, ["repo"], "é"),
            ("https://example.org/", ALICE, ["repo"], "x" * 257),
        ],
    )
    def test_refused(
        self, stage: Stage, url: str, watched: Any, domains: Any, secret: str | None
    ) -> None:
        webhooks, charlie = stage.hub.community.webhooks, stage.actor("charlie")
        with pytest.raises(BadRequest):
            webhooks.create(charlie, url, watched, domains, secret)
        assert webhooks.all(charlie) == []

    def test_unknown_names(self, stage: Stage) -> None:
        for watched in (
            Watched("user", "nobody"),
            Watched("user", "acme"),
            Watched("org", "alice"),
            Watched("model", "alice/none"),
        ):
            with pytest.raises(NotFound):
                stage.hook(watched=[watched])

    def test_too_many(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("hearthub.community.webhooks.MAX_WEBHOOKS", 2)
        stage.hook()
        stage.hook()
        with pytest.raises(TooLarge):
            stage.hook()
        stage.hook("bob")
