"""The door of the part `mirror`."""

from hearthub.accounts import Accounts, Actor
from hearthub.db import Database
from hearthub.mirror.origins import Origin, Origins
from hearthub.mirror.progress import Progress, Silent
from hearthub.mirror.wanted import Imported, Order, Parts, Wanted
from hearthub.registry import Registry, Repo
from hearthub.settings import Settings
from hearthub.storage import Storage


class Mirror:
    def __init__(
        self,
        db: Database,
        settings: Settings,
        accounts: Accounts,
        storage: Storage,
        registry: Registry,
    ) -> None:
        self._parts = Parts(db, settings, accounts, storage, registry, Origins(db))

    def import_repo(
        self, actor: Actor, wanted: Wanted, progress: Progress | None = None
    ) -> Imported:
        """Bring a repo in, or up to date; one commit on `main`. Goes on where a killed one stopped.

        Raises UpstreamFailed when the other hub is at fault, Conflict when the repo here is not
        its copy, or is being imported already.
        """
        from hearthub.mirror.imports import Import  # loads the HTTP client, which `serve` need not

        return Import(self._parts, Order(wanted, actor, progress or Silent())).run()

    def origin_of(self, repo: Repo) -> Origin | None:
        """Where a repo was imported from; None when it was not, or not yet as a whole."""
        origin = self._parts.origins.find(repo.id)
        return origin if origin and origin.commit else None
