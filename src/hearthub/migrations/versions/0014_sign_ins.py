"""Whom a provider of single sign-on knows a user as."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text, UniqueConstraint

from hearthub.migrations import wants

revision = "0014"
down_revision = "0013"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.create_table(
        "sign_in",
        Column("id", Id, primary_key=True),
        Column("user_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        Column("issuer", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("called", Text, nullable=False),  # what its owner knows it by
        Column("created", BigInteger, nullable=False),
        UniqueConstraint("issuer", "subject"),
    )
    op.create_index("sign_in_of_user", "sign_in", ["user_id"])
