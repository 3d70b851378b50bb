"""The hub as its edges see it: one attribute per part."""

from dataclasses import dataclass

from hearthub.accounts import Accounts
from hearthub.catalogue import Catalogue
from hearthub.community import Community
from hearthub.db import Database
from hearthub.events import EventLog
from hearthub.fit import Fit
from hearthub.jobs import Jobs
from hearthub.mirror import Mirror
from hearthub.pulse import Pulse
from hearthub.registry import Registry
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from hearthub.sso import Provider
from hearthub.storage import Storage


@dataclass(frozen=True)
class Hub:
    settings: Settings
    db: Database
    objects_db: Database
    catalogue_db: Database
    sandbox: Sandbox
    events: EventLog
    jobs: Jobs
    accounts: Accounts
    storage: Storage
    registry: Registry
    community: Community
    catalogue: Catalogue
    fit: Fit
    mirror: Mirror
    pulse: Pulse
    sso: Provider | None
