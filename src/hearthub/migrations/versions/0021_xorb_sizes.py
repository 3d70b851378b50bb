"""What xorbs take that an account's repos have sent."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer

from hearthub.migrations import wants

revision = "0021"
down_revision = "0020"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    # Beside the repo, so that their sum is read from one index.
    op.add_column("xorb_owner", Column("size", BigInteger, nullable=False, server_default="0"))
    op.add_column("xorb_owner", Column("proposer_id", Id))  # null: from one who may write
    op.execute(
        "update xorb_owner set size = "
        "coalesce((select x.disk_size from xorb x where x.hash = xorb_owner.xorb), 0)"
    )
    op.drop_index("xorb_owner_repo", "xorb_owner")
    op.create_index("xorb_owner_repo", "xorb_owner", ["repo_id", "proposer_id", "size"])
