"""Another hub, asked over HTTP: what a repo is there, its files, and ranges of them."""

from hearthub.upstream.addresses import Endpoint, with_limit
from hearthub.upstream.answers import EMPTY, File, State
from hearthub.upstream.pacing import Fault, Pace, Patience, TooMuch
from hearthub.upstream.texts import printable
from hearthub.upstream.upstream import Upstream

__all__ = [
    "EMPTY",
    "Endpoint",
    "Fault",
    "File",
    "Pace",
    "Patience",
    "State",
    "TooMuch",
    "Upstream",
    "printable",
    "with_limit",
]
