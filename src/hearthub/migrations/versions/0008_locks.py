"""Locks of git-lfs: who works on a file just now."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text, UniqueConstraint

from hearthub.migrations import wants

revision = "0008"
down_revision = "0007"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.create_table(
        "lfs_lock",
        Column("id", Id, primary_key=True),
        Column("repo_id", Id, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
        Column("path", Text, nullable=False),
        Column("owner_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        Column("created", BigInteger, nullable=False),
        UniqueConstraint("repo_id", "path"),
    )
