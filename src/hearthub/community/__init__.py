"""What people do around a repo: likes, for now."""

from hearthub.community.community import Community, Like

__all__ = ["Community", "Like"]
