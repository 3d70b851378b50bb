"""Bytes by content: blobs, uploads, LFS and Xet."""

from hearthub.storage.backends.local import read_cached
from hearthub.storage.lfs import Lfs, Ticket, Upload
from hearthub.storage.objects import LfsObject, Location
from hearthub.storage.signing import Signer
from hearthub.storage.spool import Spool
from hearthub.storage.storage import Storage

__all__ = [
    "Lfs",
    "LfsObject",
    "Location",
    "Signer",
    "Spool",
    "Storage",
    "Ticket",
    "Upload",
    "read_cached",
]
