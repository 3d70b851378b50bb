"""A hub whose webhooks lead to a listener of ours."""

from dataclasses import dataclass
from typing import Any

from community.listener import Listener
from hearthub.accounts import Actor
from hearthub.community import Watched, Webhook
from hearthub.context import Hub
from hearthub.registry import CommitHeader, PutFile, Repo

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

    def commit(self, repo: Repo, text: str) -> str:
        change, header = [PutFile("a.txt", text.encode())], CommitHeader("a change")
        commit = self.hub.registry.commit
        return commit(self.actor("alice"), repo, "main", header, change).oid

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
