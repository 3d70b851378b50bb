"""What people said, as safe HTML: Markdown as in cards, as far as a page has time and room."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from hearthub.community import Happening
from hearthub.web.file_content import TIMEOUT_S
from hearthub.web.kept import Kept
from hearthub.web.markdown import PREFIX, render_card
from hearthub.web.repo_view import RepoView

ALL_S = 3.0
MAX_HTML = 2_000_000  # characters, of all comments of a page

_comments: Kept[str] = Kept(2**23, len)


@dataclass(frozen=True)
class Said:
    """An event of a discussion. `html` None: the comment is shown as it was typed."""

    event: Happening
    html: str | None
    is_own: bool


def said(at: RepoView, events: Sequence[Happening]) -> list[Said]:
    until, room = time.monotonic() + ALL_S, MAX_HTML
    found = list[Said]()
    for event in events:
        made = None
        if event.kind == "comment" and not event.data["hidden"] and time.monotonic() < until:
            made = _rendered(at, event)
        if made is not None and len(made) > room:
            made = None
        room -= len(made or "")
        is_own = event.author_id is not None and event.author_id == at.actor.user_id
        found.append(Said(event, made, is_own))
    return found


def _rendered(at: RepoView, event: Happening) -> str | None:
    """Kept by what it says: a comment can be edited."""
    text: str = event.data["raw"]
    root, pages = at.file("x").removesuffix("x"), at.blob("x").removesuffix("x")
    prefix = f"{PREFIX}{event.uid}-"

    def make() -> str:
        return at.hub.sandbox.run(render_card, text, root, pages, prefix, timeout=TIMEOUT_S)

    return _comments.get((event.uid, root, hashlib.sha256(text.encode()).digest()), make)
