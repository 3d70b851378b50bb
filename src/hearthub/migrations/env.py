"""Alembic's entry point: runs the revisions inside one write transaction of `db.py`."""

from alembic import context

from hearthub.db import Database

db: Database = context.config.attributes["db"]
with db.transaction():
    context.configure(connection=db.connection(), transactional_ddl=False)
    context.run_migrations()
