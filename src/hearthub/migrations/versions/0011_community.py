"""Access requests, collections, followers, the audit log, and who proposed what."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text, UniqueConstraint, text

from hearthub.migrations import wants

revision = "0011"
down_revision = "0010"

Id = BigInteger().with_variant(Integer, "sqlite")


def reference(name: str, target: str, *, primary_key: bool = False) -> Column[int]:
    key = ForeignKey(f"{target}.id", ondelete="CASCADE")
    return Column(name, Id, key, nullable=False, primary_key=primary_key)


def upgrade() -> None:
    if not wants("main"):
        return
    access_requests()
    collections()
    audit()
    proposals()
    op.create_table(
        "follow",
        reference("follower_id", "account", primary_key=True),
        reference("followed_id", "account", primary_key=True),
        Column("created", BigInteger, nullable=False),
    )
    op.create_index("follow_followed", "follow", ["followed_id", "created"])


def access_requests() -> None:
    op.create_table(
        "access_request",  # of users, to files of gated repos; what access decisions read
        Column("id", Id, primary_key=True),
        Column("uid", Text, nullable=False, unique=True),  # 24 hex digits
        reference("repo_id", "repo"),
        reference("user_id", "account"),
        Column("status", Text, nullable=False),  # pending | accepted | rejected
        Column("asked", Integer, nullable=False),  # 1: by the user; 0: granted unasked
        Column("fields", Text),  # JSON: what the user wrote into the repo's form
        Column("reason", Text),  # of a rejection
        Column("created", BigInteger, nullable=False),
        UniqueConstraint("repo_id", "user_id"),
    )
    op.create_index("access_request_status", "access_request", ["repo_id", "status", "id"])
    op.create_index("access_request_user", "access_request", ["user_id"])


def collections() -> None:
    op.create_table(
        "collection",
        Column("id", Id, primary_key=True),
        Column("uid", Text, nullable=False, unique=True),  # 24 hex digits, the end of its slug
        reference("owner_id", "account"),
        Column("title", Text, nullable=False),
        Column("description", Text),
        Column("theme", Text, nullable=False),
        Column("private", Integer, nullable=False),
        Column("position", Integer, nullable=False),  # among its owner's, from 0
        Column("upvotes", Integer, nullable=False, server_default="0"),
        Column("updated", BigInteger, nullable=False),
        UniqueConstraint("owner_id", "title"),
    )
    op.create_index("collection_updated", "collection", ["updated", "id"])
    op.create_index("collection_upvotes", "collection", ["upvotes", "id"])
    op.create_table(
        "collection_item",
        Column("id", Id, primary_key=True),
        Column("uid", Text, nullable=False, unique=True),
        reference("collection_id", "collection"),
        Column("position", Integer, nullable=False),  # from 0
        Column("note", Text),
        # One of these three says what it is.
        Column("repo_id", Id, ForeignKey("repo.id", ondelete="CASCADE")),
        Column("inner_id", Id, ForeignKey("collection.id", ondelete="CASCADE")),
        Column("paper", Text),  # 2311.12983
        UniqueConstraint("collection_id", "repo_id"),
        UniqueConstraint("collection_id", "inner_id"),
        UniqueConstraint("collection_id", "paper"),
    )
    op.create_index("collection_item_repo", "collection_item", ["repo_id"])
    op.create_index("collection_item_inner", "collection_item", ["inner_id"])
    op.create_index("collection_item_paper", "collection_item", ["paper"])
    op.create_table(
        "collection_upvote",
        reference("collection_id", "collection", primary_key=True),
        reference("user_id", "account", primary_key=True),
    )
    op.create_index("collection_upvote_user", "collection_upvote", ["user_id"])


def audit() -> None:
    """The log is read by account, too: that of the repo when it happened, or the one concerned."""
    op.add_column("event", Column("account_id", Id))  # no foreign key: events outlive accounts
    op.execute(
        "update event set account_id = "
        "(select r.owner_id from repo r where r.id = event.repo_id) where repo_id is not null"
    )
    op.create_index("event_account", "event", ["account_id", "id"])
    op.create_index("event_actor", "event", ["actor_id", "id"])


def proposals() -> None:
    """What people without write access brought to a repo: it may not fill a namespace."""
    op.add_column("lfs_object", Column("proposer_id", Id))  # null: brought by a writer, or merged
    proposed = text("proposer_id is not null")
    op.create_index(
        "lfs_object_proposed",
        "lfs_object",
        ["repo_id", "proposer_id", "size"],
        sqlite_where=proposed,
        postgresql_where=proposed,
    )
    op.create_table(
        "proposed",  # the same for what is no LFS object: bytes of git objects
        reference("repo_id", "repo", primary_key=True),
        reference("user_id", "account", primary_key=True),
        Column("size", BigInteger, nullable=False),
    )
