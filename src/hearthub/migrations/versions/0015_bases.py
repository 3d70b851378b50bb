"""Of each pull request the full name of the branch that it is for."""

from alembic import op

from hearthub.migrations import wants

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    if wants("main"):
        op.execute(
            "update discussion set base = 'refs/heads/' || base "
            "where base is not null and substr(base, 1, 11) <> 'refs/heads/'"
        )
