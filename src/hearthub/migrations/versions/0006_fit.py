"""What models need to run, and what the headers of their weights said."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Text

from hearthub.migrations import wants

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    if not wants("catalogue"):
        return
    op.add_column("listing", Column("need", BigInteger))  # bytes of memory; null: not known
    # 0: of a model whose headers are still to be read. Few at a time, so the index is small.
    op.add_column("listing_facts", Column("weighed", Integer, nullable=False, server_default="1"))
    op.execute("create index listing_unweighed on listing_facts (id) where weighed = 0")
    op.create_table(
        "weight_header",  # of each file of weights, by content: equal bytes are read once
        Column("key", Text, primary_key=True),  # sha256, or git's id of a small file
        Column("format", Text, primary_key=True),  # that it was read as
        Column("version", Integer, nullable=False),  # of the readers
        Column("header", LargeBinary, nullable=False),  # as headers.py packs it
    )
