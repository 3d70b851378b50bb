"""Of downloads: how many were by build machines, and by how many addresses."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary

from hearthub.migrations import wants

revision = "0007"
down_revision = "0006"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.add_column(
        "download_day", Column("by_machines", BigInteger, nullable=False, server_default="0")
    )
    op.add_column("download_day", Column("downloaders", Integer))  # null until the day is over
    op.create_table(
        "day_salt",  # gone when the day is over
        Column("day", Integer, primary_key=True, autoincrement=False),
        Column("salt", LargeBinary, nullable=False),
    )
    op.create_table(
        "downloader_day",  # hashes with that salt, gone with it
        Column(
            "repo_id",
            Id,
            ForeignKey("repo.id", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        Column("day", Integer, primary_key=True),
        Column("hash", LargeBinary, primary_key=True),
    )
    op.create_index("downloader_day_day", "downloader_day", ["day"])
