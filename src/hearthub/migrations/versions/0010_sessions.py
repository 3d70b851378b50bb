"""Log-ins of browsers, and the hardware that somebody's answers are about."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

from hearthub.migrations import wants

revision = "0010"
down_revision = "0009"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.add_column("account", Column("hardware", Text))  # a name of fit's catalogue
    op.create_table(
        "session",
        Column("id", Id, primary_key=True),
        Column("user_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        Column("hash", Text, nullable=False, unique=True),  # sha256 of what the cookie holds
        Column("agent", Text, nullable=False),  # a hint of the browser
        Column("created", BigInteger, nullable=False),
        Column("seen", BigInteger, nullable=False),  # to the hour
        Column("expires", BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("session_user", "session", ["user_id"])
    op.create_index("session_expires", "session", ["expires"])
