"""Where what is observed comes from: one module for each kind of source.

A module has `prepare(session, options) -> Incoming` (incoming.py), which leaves the relation
`incoming` in the session. To add a kind, write its module and name it here.
"""

from importlib import import_module
from typing import Protocol

from hearthub.errors import BadRequest
from hearthub.lake import Session
from hearthub.pulse.sources.incoming import Incoming, Options

MODULES = {
    "hub-stats": "hub_stats",
    "panel": "panel",
}
"""From kind to module."""


class Source(Protocol):
    def prepare(self, session: Session, options: Options) -> Incoming: ...


def source_of(kind: str) -> Source:
    if kind not in MODULES:
        raise BadRequest(f"Sources of kind {kind!r} cannot be read; there are {', '.join(MODULES)}")
    module: Source = import_module(f"hearthub.pulse.sources.{MODULES[kind]}")
    return module


def guess_kind(options: Options) -> str:
    if options.address:
        return "hub-api"
    if options.path is None:
        return "own"
    return "panel" if options.map.columns else "hub-stats"
