"""A hub whose webhooks lead to a listener of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from community.listener import Listener, listening
from hearthub.accounts import Actor
from hearthub.app import open_hub
from hearthub.community import Watched, Webhook
from hearthub.context import Hub
from hearthub.registry import CommitHeader, PutFile, Repo
from hearthub.settings import Settings

ALICE = [Watched("user", "alice")]


@dataclass
class Stage:
    """alice's hub, with a listener for charlie's webhooks; jobs run when they are told to."""

    hub: Hub
    listener: Listener

    def actor(self, name: str) -> Actor:
        return self.hub.accounts.actor(name)

    def repo(self, name: str = "alice/bert", **more: Any) -> Repo:
        return self.hub.registry.create(self.actor("alice"), "model", name, **more)

    def hook(self, user: str = "charlie", watched: Any = ALICE, **more: Any) -> Webhook:
        domains = more.pop("domains", ["repo", "discussion"])
        return self.hub.community.webhooks.create(
            self.actor(user),
            f"{self.listener.url}/{user}",
            watched,
            domains,
            more.pop("secret", None),
        )

    def commit(self, repo: Repo, text: str, *, rev: str = "main") -> str:
        change, header = [PutFile("a.txt", text.encode())], CommitHeader("a change")
        commit = self.hub.registry.commit
        return commit(self.actor("alice"), repo, rev, header, change).oid

    def run(self) -> list[str]:
        """Everything that is due; the events that arrived."""
        self.hub.db.execute("update job set run_at = 0 where name = 'webhooks.deliver'")
        self.hub.jobs.run_due()
        return self.listener.events()

    def forgive(self) -> None:
        self.hub.db.execute("update webhook set due = 0")

    def log(self, hook: Webhook) -> list[tuple[str, str, int, int | None]]:
        found = self.hub.community.deliveries.log(hook)
        return [(it.event, it.state, it.attempts, it.status) for it in found]


@contextmanager
def open_stage(folder: Path, database_url: str | None = None) -> Iterator[Stage]:
    settings = Settings(
        data=folder,
        database_url=database_url,
        webhook_networks="127.0.0.1",
        public_url="https://hub.test",
    )
    with listening() as listener, open_hub(settings) as hub:
        for name in ("alice", "bob", "charlie"):
            hub.accounts.add_user(name)
        hub.accounts.add_org("acme")
        hub.accounts.set_member("acme", "alice", "admin")
        yield Stage(hub, listener)
