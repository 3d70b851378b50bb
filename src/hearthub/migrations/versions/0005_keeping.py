"""What garbage collection waits for, and what was found damaged."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Text

from hearthub.migrations import wants

revision = "0005"
down_revision = "0004"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if wants("main"):
        op.add_column(
            "lfs_object",
            Column("unused", BigInteger),  # since when no ref names it; null: as far as known, used
        )
        op.create_table(
            "blob_garbage",  # stored bytes that no row named when they were last looked at
            Column("key", Text, primary_key=True),
            Column("since", BigInteger, nullable=False),
        )
        op.create_table(
            "damaged",  # what must not be served, by its key in the store
            Column("key", Text, primary_key=True),
            Column("reason", Text, nullable=False),
            Column("found", BigInteger, nullable=False),
        )
    if wants("objects"):
        op.create_table(
            "obj_garbage",  # git objects that no ref reached, since when
            Column("repo_id", Id, primary_key=True, autoincrement=False),
            Column("oid", LargeBinary, primary_key=True),
            Column("since", BigInteger, nullable=False),
        )
