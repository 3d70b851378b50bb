"""What lists and info pages show of a repo beyond its row: tags, task, library, card."""

from hearthub.catalogue.catalogue import Catalogue
from hearthub.catalogue.facts import Facts

__all__ = ["Catalogue", "Facts"]
