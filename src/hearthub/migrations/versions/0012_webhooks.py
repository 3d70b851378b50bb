"""Webhooks with what they watch and what was sent; log-ins of devices."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Text, UniqueConstraint, text

from hearthub.migrations import wants

revision = "0012"
down_revision = "0011"

Id = BigInteger().with_variant(Integer, "sqlite")


def of(table: str) -> Column[int]:
    return Column(f"{table}_id", Id, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    if not wants("main"):
        return
    _webhooks()
    _deliveries()
    op.create_table(
        "device_login",
        Column("id", Id, primary_key=True),
        Column("device_hash", Text, nullable=False, unique=True),  # sha256 of what the device has
        Column("user_code", Text, nullable=False, unique=True),  # what a person types
        Column("state", Text, nullable=False),  # waiting | approved | denied
        Column("user_id", Id, ForeignKey("account.id", ondelete="CASCADE")),  # who approved it,
        Column("role", Text),  # and for which kind of token
        Column("address", Text, nullable=False),  # who asked, and by which program
        Column("agent", Text, nullable=False),
        Column("created", BigInteger, nullable=False),
        Column("polled", BigInteger, nullable=False),
        Column("expires", BigInteger, nullable=False),
    )
    op.create_index("device_login_expires", "device_login", ["expires"])


def _webhooks() -> None:
    op.create_table(
        "webhook",
        Column("id", Id, primary_key=True),
        Column("uid", Text, nullable=False, unique=True),  # 24 hex digits
        of("account"),  # whose it is
        Column("url", Text, nullable=False),
        Column("secret", Text),
        Column("on_repo", Integer, nullable=False),
        Column("on_discussion", Integer, nullable=False),
        Column("disabled", Integer, nullable=False),
        Column("failures", Integer, nullable=False),  # deliveries given up since one arrived
        Column("due", BigInteger, nullable=False),  # nothing is sent before
        Column("created", BigInteger, nullable=False),
        sqlite_autoincrement=True,  # an outcome is noted by number, after a while
    )
    op.create_index("webhook_account", "webhook", ["account_id"])
    op.create_table(
        "webhook_watch",
        of("webhook"),
        Column("is_repo", Integer, nullable=False),  # else an account, with all its repos
        Column("target", Id, nullable=False),
        UniqueConstraint("webhook_id", "is_repo", "target"),
    )
    op.create_index("webhook_watch_target", "webhook_watch", ["target", "is_repo"])


def _deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        Column("id", Id, primary_key=True),
        Column("uid", Text, nullable=False, unique=True),  # 24 hex digits
        of("webhook"),
        Column("source", Text, nullable=False),  # one for each event, and each replay
        Column("event", Text, nullable=False),  # such as "update repo.content"
        Column("repo", Text, nullable=False),  # JSON: the repo as it was, for one that is gone
        Column("need", Integer, nullable=False),  # the right on it that the owner must have
        Column("payload", Text, nullable=False),
        Column("state", Text, nullable=False),  # waiting | done | failed | withheld
        Column("attempts", Integer, nullable=False),
        Column("status", Integer),  # of the last attempt
        Column("answer", Text),
        Column("error", Text),
        Column("created", BigInteger, nullable=False),
        Column("finished", BigInteger),
        UniqueConstraint("webhook_id", "source"),
        Index("webhook_delivery_log", "webhook_id", "id"),
        sqlite_autoincrement=True,
    )
    waiting = text("state = 'waiting'")
    op.create_index(
        "webhook_delivery_waiting",
        "webhook_delivery",
        ["webhook_id", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
