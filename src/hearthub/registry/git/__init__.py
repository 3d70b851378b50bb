"""What git clients send and are sent: packs, what is in them, and which refs they move."""

from hearthub.registry.git.contents import Filter
from hearthub.registry.git.fetches import Fetch, Selection
from hearthub.registry.git.pushes import Pushes, Update, Verdict
from hearthub.registry.git.unpacking import Pack
from hearthub.registry.git.wire import Wire

__all__ = ["Fetch", "Filter", "Pack", "Pushes", "Selection", "Update", "Verdict", "Wire"]
