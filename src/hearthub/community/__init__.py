"""What people do around a repo: likes, discussions, pull requests, collections, followers."""

from hearthub.community.audit import Deed
from hearthub.community.collections import Collection, Item
from hearthub.community.community import Community, Like
from hearthub.community.discussions import MAX_TEXT, MAX_TITLE, Discussion, Happening
from hearthub.community.follows import Face
from hearthub.community.shelves import Wanted

__all__ = [
    "MAX_TEXT",
    "MAX_TITLE",
    "Collection",
    "Community",
    "Deed",
    "Discussion",
    "Face",
    "Happening",
    "Item",
    "Like",
    "Wanted",
]
