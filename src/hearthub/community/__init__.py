"""What people do around a repo: likes, talk, pull requests, collections, followers, webhooks."""

from hearthub.community.audit import Deed
from hearthub.community.collections import Collection, Item
from hearthub.community.community import Community, Like
from hearthub.community.deliveries import Delivery
from hearthub.community.discussions import MAX_TEXT, MAX_TITLE, PAGE
from hearthub.community.follows import MAX_FOLLOWING, Face
from hearthub.community.shelves import Wanted
from hearthub.community.talk import Discussion, Happening, Proposal
from hearthub.community.webhooks import Watched, Webhook

__all__ = [
    "MAX_FOLLOWING",
    "MAX_TEXT",
    "MAX_TITLE",
    "PAGE",
    "Collection",
    "Community",
    "Deed",
    "Delivery",
    "Discussion",
    "Face",
    "Happening",
    "Item",
    "Like",
    "Proposal",
    "Wanted",
    "Watched",
    "Webhook",
]
