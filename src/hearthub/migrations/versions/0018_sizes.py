"""In which span each size of a listing is, beside what lists are sorted by."""

from alembic import op
from sqlalchemy import Column, Integer

from hearthub.migrations import wants

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    if wants("catalogue"):
        # -1: not told yet (catalogue/numbers.py). The rebuild that this version of the catalogue
        # starts with fills it, and makes the indexes of `rank` anew, with it at their ends.
        op.add_column("rank", Column("sizes", Integer, nullable=False, server_default="-1"))
