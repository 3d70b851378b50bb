"""What whoever goes over a whole hub works with: its collector of garbage, and its checker."""

from pathlib import Path

from hearthub.db import Database
from hearthub.registry.objects import ObjectStore
from hearthub.registry.refs import Refs
from hearthub.storage import Storage


class Keeper:
    """`temporary` is the folder for lists that are too long for memory (`marks.py`)."""

    def __init__(
        self,
        db: Database,
        objects_db: Database,
        objects: ObjectStore,
        refs: Refs,
        storage: Storage,
        temporary: Path,
    ) -> None:
        self._db, self._objects_db, self._objects = db, objects_db, objects
        self._refs, self._storage, self._temporary = refs, storage, temporary
