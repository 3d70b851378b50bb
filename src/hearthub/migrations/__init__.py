"""Schema history: one line of Alembic revisions for two stores and two dialects.

On SQLite the git objects live in a file of their own (`objects.db`), on PostgreSQL in the same
database. A revision asks `wants("main")` or `wants("objects")` before it touches tables of a store.
"""

from pathlib import Path

from alembic import command, context
from alembic.config import Config

from hearthub.db import Database


def upgrade(db: Database, *stores: str) -> None:
    """Bring `db` to the newest schema for the stores it holds (`main`, `objects`). Idempotent."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes |= {"db": db, "stores": stores}
    command.upgrade(config, "head")


def wants(store: str) -> bool:
    """Inside a revision: whether the database being migrated holds the tables of `store`."""
    return store in context.config.attributes["stores"]
