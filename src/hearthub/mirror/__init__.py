"""Repos of other hubs: imported at a pinned commit, with their origin recorded."""

from hearthub.mirror.mirror import Mirror
from hearthub.mirror.origins import Origin
from hearthub.mirror.progress import Progress
from hearthub.mirror.wanted import Imported, Wanted

__all__ = ["Imported", "Mirror", "Origin", "Progress", "Wanted"]
