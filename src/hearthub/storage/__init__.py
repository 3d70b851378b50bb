"""Bytes by content: blobs, uploads, LFS and Xet."""

from hearthub.storage.backends.local import LocalBlobs, read_cached, sync
from hearthub.storage.checks import Stored
from hearthub.storage.damage import ADVICE
from hearthub.storage.garbage import Tally, briefly
from hearthub.storage.inventory import is_intact, stored_blobs
from hearthub.storage.lfs import Lfs, Ticket, Upload
from hearthub.storage.objects import LfsObject, Location
from hearthub.storage.signing import Signer
from hearthub.storage.spool import Spool
from hearthub.storage.storage import Storage
from hearthub.storage.upkeep import keeping

__all__ = [
    "ADVICE",
    "Lfs",
    "LfsObject",
    "LocalBlobs",
    "Location",
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
