"""Downloads by day."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer

from hearthub.migrations import wants

revision = "0004"
down_revision = "0003"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.create_table(
        "download_day",
        Column(
            "repo_id",
            Id,
            ForeignKey("repo.id", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        Column("day", Integer, primary_key=True),  # since 1970, in UTC
        Column("downloads", BigInteger, nullable=False),
    )
    op.create_index("download_day_day", "download_day", ["day"])
