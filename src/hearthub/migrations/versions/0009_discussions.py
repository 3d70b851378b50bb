"""Discussions and pull requests."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text, UniqueConstraint

from hearthub.migrations import wants

revision = "0009"
down_revision = "0008"

Id = BigInteger().with_variant(Integer, "sqlite")


def account(name: str) -> Column[int]:
    return Column(name, Id, ForeignKey("account.id", ondelete="SET NULL"))


def upgrade() -> None:
    if not wants("main"):
        return
    op.add_column("ref", Column("author_id", Id))  # of refs/pr/N: whoever asks for the pull
    op.create_table(
        "discussion",
        Column("id", Id, primary_key=True),
        Column("repo_id", Id, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
        Column("num", Integer, nullable=False),  # from 1; pull requests count along
        Column("title", Text, nullable=False),
        Column("status", Text, nullable=False),  # open | closed | merged | draft
        Column("is_pull_request", Integer, nullable=False),
        account("author_id"),
        Column("base", Text),  # of a pull request: the branch it is for
        Column("merged_oid", Text),  # the commit that it became
        Column("merged_head", Text),  # and what was merged
        Column("created", BigInteger, nullable=False),
        UniqueConstraint("repo_id", "num"),
    )
    op.create_index("discussion_author", "discussion", ["author_id"])
    op.create_table(
        "discussion_event",
        Column("id", Id, primary_key=True),
        Column("uid", Text, nullable=False, unique=True),  # 24 hex digits
        Column(
            "discussion_id", Id, ForeignKey("discussion.id", ondelete="CASCADE"), nullable=False
        ),
        Column("kind", Text, nullable=False),  # comment | status-change | title-change
        account("author_id"),
        Column("created", BigInteger, nullable=False),
        Column("data", Text, nullable=False),  # JSON, as discussions.py has it
    )
    op.create_index("discussion_event_discussion", "discussion_event", ["discussion_id", "id"])
