"""What several repos of an account have, which counts once for it."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer

from hearthub.migrations import wants

revision = "0017"
down_revision = "0016"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.add_column("lfs_object", Column("owner_id", Id))  # of the repo
    op.execute(
        "update lfs_object set owner_id = (select r.owner_id from repo r "
        "where r.id = lfs_object.repo_id)"
    )
    op.create_index("lfs_object_owner", "lfs_object", ["owner_id", "sha256"])
    op.create_index("lfs_object_owner_size", "lfs_object", ["owner_id", "size"])
    zero = Column("shared_storage", BigInteger, nullable=False, server_default="0")
    op.add_column("account", zero)
    op.execute(
        "update account set shared_storage = (select coalesce(sum(o.size), 0) from lfs_object o "
        "where o.owner_id = account.id and exists (select 1 from lfs_object p "
        "where p.owner_id = o.owner_id and p.sha256 = o.sha256 and p.repo_id < o.repo_id))"
    )
