"""Uploads that have not ended."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

from hearthub.migrations import wants

revision = "0020"
down_revision = "0019"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.create_table(
        "waiting_upload",
        Column("upload", Text, primary_key=True),  # its folder's name
        Column("repo_id", Id, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
        Column("proposer_id", Id),  # null: it comes from one who may write
        Column("size", BigInteger, nullable=False),
        Column("created", BigInteger, nullable=False),  # of the last bytes
    )
    op.create_index("waiting_upload_repo", "waiting_upload", ["repo_id", "size"])
