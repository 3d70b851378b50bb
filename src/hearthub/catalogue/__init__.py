"""What lists, search, facets and ranks show of repos, hosted here or observed elsewhere."""

from hearthub.catalogue.audience import FEWEST
from hearthub.catalogue.catalogue import Catalogue
from hearthub.catalogue.downloads import DownloadDay, Downloads, root_files
from hearthub.catalogue.facets import TAGS_KEPT_S
from hearthub.catalogue.facts import Facts
from hearthub.catalogue.listing import Counters, Listing
from hearthub.catalogue.lists import Page
from hearthub.catalogue.local_apps import run_by
from hearthub.catalogue.plan import Filter
from hearthub.catalogue.rows import Row
from hearthub.catalogue.tag_types import described

__all__ = [
    "FEWEST",
    "TAGS_KEPT_S",
    "Catalogue",
    "Counters",
    "DownloadDay",
    "Downloads",
    "Facts",
    "Filter",
    "Listing",
    "Page",
    "Row",
    "described",
    "root_files",
    "run_by",
]
