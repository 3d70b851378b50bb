"""Repos that are gone, as they were at the end: who may still be told what happened to them."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

from hearthub.migrations import wants

revision = "0023"
down_revision = "0022"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.create_table(
        "webhook_gone",
        Column("repo_id", Id, primary_key=True),
        Column("repo", Text, nullable=False),  # JSON: the repo as it was
        Column("guests", Text, nullable=False),  # JSON: the users who were let through its gate
        Column("created", BigInteger, nullable=False),
    )
    op.create_index("webhook_gone_created", "webhook_gone", ["created"])
