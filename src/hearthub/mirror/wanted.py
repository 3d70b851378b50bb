"""What an import is told, what it works with, and what it answers."""

from dataclasses import dataclass

from hearthub.accounts import Accounts, Actor
from hearthub.db import Database
from hearthub.mirror.origins import Origin, Origins
from hearthub.mirror.progress import Progress
from hearthub.registry import Registry, Repo
from hearthub.settings import Settings
from hearthub.storage import Storage


@dataclass(frozen=True)
class Wanted:
    """A repo of another hub.

    `target`: its id here, None for the same; `include`: patterns as `hf download --include` takes
    them, none for all files; `endpoint` None: the hub of the settings. `token` is for that
    endpoint; without one, the token of the settings goes to the hub of the settings, nowhere else.
    """

    name: str
    type: str = "model"
    revision: str = "main"
    target: str | None = None
    include: tuple[str, ...] = ()
    endpoint: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class Imported:
    """`files` of the upstream repo that were wanted; bytes of this run's fetching, and of those
    that needed none. `changed` is False when everything was here already."""

    repo: Repo
    origin: Origin
    files: int
    bytes_downloaded: int
    bytes_reused: int
    changed: bool


@dataclass(frozen=True)
class Parts:
    """The parts an import works with."""

    db: Database
    settings: Settings
    accounts: Accounts
    storage: Storage
    registry: Registry
    origins: Origins


@dataclass(frozen=True)
class Order:
    """What is wanted, by whom, and who hears of it."""

    wanted: Wanted
    actor: Actor
    progress: Progress
