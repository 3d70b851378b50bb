"""The secret address of a user's own feed."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

from hearthub.migrations import wants

revision = "0013"
down_revision = "0012"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.create_table(
        "feed",
        Column("user_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        Column("hash", Text, nullable=False, unique=True),  # sha256 of what is in the address
        Column("created", BigInteger, nullable=False),
    )
