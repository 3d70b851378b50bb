"""What webhooks are to be told, in the order in which it happened."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

from hearthub.migrations import wants

revision = "0016"
down_revision = "0015"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.create_table(
        "webhook_news",  # a row for each event that is watched, until it is spread
        Column("id", Id, primary_key=True),
        Column("source", Text, nullable=False),
        Column("event", Text, nullable=False),  # such as "update repo.content"
        Column("need", Integer, nullable=False),  # the right on the repo of whoever may hear of it
        Column("repo", Text, nullable=False),  # JSON: the repo as it was
        Column("payload", Text, nullable=False),
        Column("webhooks", Text, nullable=False),  # JSON: the numbers of those that watched then
        Column("failures", Integer, nullable=False),
        Column("created", BigInteger, nullable=False),
        sqlite_autoincrement=True,  # the order, also when there is none
    )
