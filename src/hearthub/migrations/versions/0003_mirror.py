"""Where imported repos came from."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

from hearthub.migrations import wants

revision = "0003"
down_revision = "0002"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.create_table(
        "mirror_origin",
        Column(
            "repo_id",
            Id,
            ForeignKey("repo.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("endpoint", Text, nullable=False),  # https://huggingface.co
        Column("name", Text, nullable=False),  # the repo's id there
        Column("revision", Text, nullable=False),  # what was asked for
        Column("head", Text, nullable=False),  # the commit here that holds it
        Column("upstream_commit", Text),  # null: the first import has not ended
        Column("pending", Text),  # the upstream commit about to be written
        Column("hidden", Integer, nullable=False),  # 1: private until the first import has ended
        Column("licence", Text),
        Column("gated", Text),  # upstream's: null | auto | manual
        Column("visibility", Text, nullable=False),  # upstream's
        Column("include", Text, nullable=False),  # a JSON list of patterns
        Column("imported", BigInteger, nullable=False),
    )
