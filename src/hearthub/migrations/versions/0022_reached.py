"""The commits that refs reach, so that no other is ever shown (docs/decisions/0014).

Rows of repos from before are written by the job `registry.reach`, or when they are first asked for.
"""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

from hearthub.migrations import wants

revision = "0022"
down_revision = "0021"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.create_table(
        "reached",
        Column("repo_id", Id, ForeignKey("repo.id", ondelete="CASCADE"), primary_key=True),
        Column("oid", Text, primary_key=True),
        # 1 without parents, else one more than the deepest parent's.
        Column("depth", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "insert into job (name, payload, key, state, run_at, created) "
        "select 'registry.reach', '{}', 'registry.reach:upgrade', 'waiting', 0, max(created) "
        "from repo having count(*) > 0"
    )
    # Whether another ref names a commit too.
    op.create_index("ref_commit", "ref", ["repo_id", "commit_oid"])
