"""Bytes by content: blobs, uploads, LFS and Xet.

What is named here is imported when it is first asked for: a sandbox worker takes one module of
this part, and would wait half a second for the database that it never uses.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearthub.storage.backends.local import LocalBlobs, read_cached, sync
    from hearthub.storage.checks import Stored
    from hearthub.storage.damage import ADVICE
    from hearthub.storage.garbage import Tally, briefly
    from hearthub.storage.inventory import is_intact, stored_blobs
    from hearthub.storage.lfs import Lfs, Ticket, Upload
    from hearthub.storage.objects import Claim, LfsObject, Location
    from hearthub.storage.pieces import Piece
    from hearthub.storage.signing import Signer
    from hearthub.storage.spool import Spool
    from hearthub.storage.storage import Storage
    from hearthub.storage.upkeep import keeping

__all__ = [
    "ADVICE",
    "Claim",
    "Lfs",
    "LfsObject",
    "LocalBlobs",
    "Location",
    "Piece",
    "Signer",
    "Spool",
    "Storage",
    "Stored",
    "Tally",
    "Ticket",
    "Upload",
    "briefly",
    "is_intact",
    "keeping",
    "read_cached",
    "stored_blobs",
    "sync",
]

_HOMES = {
    "ADVICE": "damage",
    "Lfs": "lfs",
    "Claim": "objects",
    "LfsObject": "objects",
    "LocalBlobs": "backends.local",
    "Location": "objects",
    "Piece": "pieces",
    "Signer": "signing",
    "Spool": "spool",
    "Storage": "storage",
    "Stored": "checks",
    "Tally": "garbage",
    "Ticket": "lfs",
    "Upload": "lfs",
    "briefly": "garbage",
    "is_intact": "inventory",
    "keeping": "upkeep",
    "read_cached": "backends.local",
    "stored_blobs": "inventory",
    "sync": "backends.local",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"hearthub.storage has no {name}")
    return getattr(import_module(f"hearthub.storage.{_HOMES[name]}"), name)
