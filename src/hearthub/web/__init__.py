"""Pages for people: server-rendered, no build step, no other host."""

from hearthub.web.pages import routes

__all__ = ["routes"]
