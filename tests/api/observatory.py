"""A hub whose observatory has a made-up history, and some repos of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calls import commit, new_repo, put
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.settings import Settings
from live import LiveHub, live_hub
from pulse.report.conftest import made_up

CARD = b"---\nlicense: mit\npipeline_tag: text-generation\n---\n"
FORMULA = "=cmd/x"


@contextmanager
def observing_hub(folder: Path, **settings: object) -> Iterator[LiveHub]:
    """`made-up` is synthetic and ends on 2026-03-16; `own` has alice/open and, private, alice/shut;
    reports are made. The `parts` of a second process are not open any more."""
    with live_hub(folder, min_free=0, **settings) as hub:
        with hub.client("alice") as alice:
            for name in ("open", "later"):
                commit(alice, new_repo(alice, name), put("README.md", CARD))
            commit(alice, new_repo(alice, "shut", private=True), put("README.md", CARD))
        hub.settle()
        with open_parts(hub) as parts:
            parts.pulse.ingest()
            made_up(parts.pulse.lake, folder)
            parts.pulse.make_reports({})
        yield hub


@contextmanager
def open_parts(hub: LiveHub) -> Iterator[Hub]:
    """The same hub from a second process, as the command line opens it."""
    with open_hub(Settings(data=hub.data, min_free=0)) as parts:
        yield parts
