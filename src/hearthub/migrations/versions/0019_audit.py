"""By which token something was done, and log-ins that failed."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer

from hearthub.migrations import wants

revision = "0019"
down_revision = "0018"

Id = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    if not wants("main"):
        return
    op.add_column("event", Column("token_id", Id))  # no foreign key: events outlive tokens
    op.create_table(
        "login_failure",  # how many there were in the hour, of each account
        Column("account_id", Id, primary_key=True, autoincrement=False),  # 0: of none; -1: of all
        Column("hour", BigInteger, nullable=False),  # since 1970
        Column("many", BigInteger, nullable=False),
        Column("unrecorded", BigInteger, nullable=False),  # since the last that was written down
    )
