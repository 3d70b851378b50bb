"""What people do around a repo: likes, discussions and pull requests; and webhooks."""

from hearthub.community.community import Community, Like
from hearthub.community.deliveries import Delivery
from hearthub.community.discussions import MAX_TEXT, MAX_TITLE, Discussion, Happening
from hearthub.community.webhooks import Watched, Webhook

__all__ = [
    "MAX_TEXT",
    "MAX_TITLE",
    "Community",
    "Delivery",
    "Discussion",
    "Happening",
    "Like",
    "Watched",
    "Webhook",
]
