"""Schema history: one line of Alembic revisions for three stores and two dialects.

On SQLite the git objects live in a file of their own (`objects.db`), on PostgreSQL in the same
database. The catalogue is always a SQLite file (docs/decisions/0006). A revision asks
`wants("main")`, `wants("objects")` or `wants("catalogue")` before it touches tables of a store.
"""

from pathlib import Path

from alembic import command, context
from alembic.config import Config

from hearthub.db import Database, DatabaseError
from hearthub.errors import Unavailable
from hearthub.settings import Settings

MAIN, OBJECTS, CATALOGUE = "main", "objects", "catalogue"
RESTORING = "restore.json"
"""A file in a data folder that is not a hub yet: a restore is under way, or was cut short."""


def open_main(settings: Settings) -> Database:
    """The database of accounts, repos, refs, events and jobs, on the newest schema.

    {data}/hearthub.db    this one, on SQLite
    {data}/objects.db     git objects; see `open_objects`
    {data}/catalogue.db   what lists read; see `open_catalogue`
    """
    if settings.database_url:
        db = Database(settings.database_url)
        upgrade(db, MAIN, OBJECTS)
        return db
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (settings.data / RESTORING).exists() and not (settings.data / "hearthub.db").exists():
        raise Unavailable(
            f"A restore into {settings.data} has not finished: run it again, or empty the folder"
        )
    db = Database.sqlite(settings.data / "hearthub.db")
    upgrade(db, MAIN)
    return db


def open_objects(settings: Settings, main: Database) -> Database:
    """The database of git objects: a file of its own on SQLite, else the main one."""
    if settings.database_url:
        return main
    db = Database.sqlite(settings.data / "objects.db")
    upgrade(db, OBJECTS)
    return db


def open_catalogue(settings: Settings) -> Database:
    """The database of lists and search: derived, and rebuilt by `hearthub catalogue rebuild`."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = Database.sqlite(settings.data / "catalogue.db", any_text=True)
    upgrade(db, CATALOGUE)
    return db


def upgrade(db: Database, *stores: str) -> None:
    """Bring `db` to the newest schema for the stores it holds. Idempotent.

    Writes nothing when there is nothing to do: a rebuild of the catalogue holds its database for
    minutes, and whoever opens a hub meanwhile would wait for it in vain.
    """
    if _is_newest(db):
        return
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes |= {"db": db, "stores": stores}
    command.upgrade(config, "head")


def _is_newest(db: Database) -> bool:
    try:
        return bool(db.value("select version_num from alembic_version") == newest())
    except DatabaseError:  # a new database: it has no such table
        return False


def newest() -> str:
    """The newest schema this Hearthub knows. Revisions are numbered, one file each."""
    files = (Path(__file__).parent / "versions").glob("[0-9]*.py")
    return max(path.name.partition("_")[0] for path in files)


def wants(store: str) -> bool:
    """Inside a revision: whether the database being migrated holds the tables of `store`."""
    return store in context.config.attributes["stores"]
