"""What people do around a repo: likes, discussions and pull requests."""

from hearthub.community.community import Community, Like
from hearthub.community.discussions import MAX_TEXT, MAX_TITLE, Discussion, Happening

__all__ = ["MAX_TEXT", "MAX_TITLE", "Community", "Discussion", "Happening", "Like"]
