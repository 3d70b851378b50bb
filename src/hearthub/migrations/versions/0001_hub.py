"""Accounts, repos, refs, objects, Xet and LFS, events and jobs."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Text, text

from hearthub.migrations import wants

revision = "0001"
down_revision = None

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite autoincrements INTEGER alone


# Ids are never given out twice (`sqlite_autoincrement`): what a deleted repo leaves in other stores
# is purged later, by id, and must not be taken for a newer repo's.


def upgrade() -> None:
    if wants("main"):
        accounts()
        repos()
        storage()
        events_and_jobs()
    if wants("objects"):
        objects()


def reference(name: str, target: str, *, primary_key: bool = False) -> Column[int]:
    key = ForeignKey(f"{target}.id", ondelete="CASCADE")
    return Column(name, Id, key, nullable=False, primary_key=primary_key)


def accounts() -> None:
    op.create_table(
        "account",  # users and organisations share one name space
        Column("id", Id, primary_key=True),
        Column("key", Text, nullable=False, unique=True),  # lower-case name
        Column("name", Text, nullable=False),
        Column("kind", Text, nullable=False),  # user | org
        Column("fullname", Text, nullable=False),
        Column("email", Text),
        Column("password", Text),  # argon2, or null: tokens only
        Column("is_admin", Integer, nullable=False, server_default="0"),
        Column("default_private", Integer, nullable=False, server_default="0"),
        Column("disabled", Integer, nullable=False, server_default="0"),
        Column("created", BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "member",
        reference("org_id", "account", primary_key=True),
        reference("user_id", "account", primary_key=True),
        Column("role", Text, nullable=False),  # admin | write | contributor | read
        Column("created", BigInteger, nullable=False),
    )
    op.create_index("member_user", "member", ["user_id"])
    op.create_table(
        "token",
        Column("id", Id, primary_key=True),
        reference("user_id", "account"),
        Column("name", Text, nullable=False),
        Column("role", Text, nullable=False),  # read | write
        Column("hash", Text, nullable=False, unique=True),  # sha256 of the token
        Column("hint", Text, nullable=False),  # its last four characters
        Column("created", BigInteger, nullable=False),
        Column("expires", BigInteger),
        Column("revoked", BigInteger),
        Column("last_used", BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("token_user", "token", ["user_id"])


def repos() -> None:
    op.create_table(
        "repo",
        Column("id", Id, primary_key=True),
        Column("uid", Text, nullable=False, unique=True),  # 24 hex digits, the API's `_id`
        Column("type", Text, nullable=False),  # model | dataset | space | kernel
        reference("owner_id", "account"),
        Column("namespace", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("key", Text, nullable=False),  # lower-case "namespace/name"
        Column("visibility", Text, nullable=False),  # public | private | protected
        Column("gated", Text),  # null | auto | manual
        Column("disabled", Integer, nullable=False, server_default="0"),
        Column("sdk", Text),  # spaces only
        Column("created_by", Id),
        Column("created", BigInteger, nullable=False),
        Column("modified", BigInteger, nullable=False),
        Column("used_storage", BigInteger, nullable=False, server_default="0"),
        sqlite_autoincrement=True,
    )
    op.create_index("repo_key", "repo", ["type", "key"], unique=True)
    op.create_index("repo_owner", "repo", ["owner_id", "type"])
    op.create_index("repo_modified", "repo", ["type", "modified", "id"])
    op.create_index("repo_created", "repo", ["type", "created", "id"])
    op.create_table(
        "repo_alias",  # names a repo had before
        Column("type", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        reference("repo_id", "repo"),
    )
    op.create_index("repo_alias_repo", "repo_alias", ["repo_id"])
    op.create_table(
        "ref",
        reference("repo_id", "repo", primary_key=True),
        Column("name", Text, primary_key=True),  # refs/heads/main
        Column("oid", Text, nullable=False),  # the object named: a commit, or an annotated tag
        Column("commit_oid", Text, nullable=False),  # the commit it comes down to
        Column("updated", BigInteger, nullable=False),
    )
    op.create_table(
        "repo_like",
        reference("repo_id", "repo", primary_key=True),
        reference("user_id", "account", primary_key=True),
        Column("created", BigInteger, nullable=False),
    )
    op.create_index("repo_like_user", "repo_like", ["user_id", "created"])
    op.create_table(
        "repo_facts",  # what the catalogue read from a commit; derived, safe to lose
        reference("repo_id", "repo", primary_key=True),
        Column("commit_oid", Text, nullable=False),
        Column("facts", Text, nullable=False),
    )


def storage() -> None:
    op.create_table(
        "signing_key",
        Column("id", Id, primary_key=True),
        Column("secret", LargeBinary, nullable=False),
        Column("created", BigInteger, nullable=False),
    )
    op.create_table(
        "lfs_object",  # a repo proved it has these bytes; for it there are no others
        reference("repo_id", "repo", primary_key=True),
        Column("sha256", Text, primary_key=True),
        Column("size", BigInteger, nullable=False),
        Column("whole", Integer, nullable=False),  # 1: stored as one blob under its sha256
        Column("xet_hash", Text),  # stored as chunks in xorbs
        Column("created", BigInteger, nullable=False),
    )
    op.create_index("lfs_object_sha256", "lfs_object", ["sha256"])
    op.create_index("lfs_object_xet", "lfs_object", ["xet_hash"])
    op.create_table(
        "xorb",
        Column("hash", Text, primary_key=True),
        Column("chunks", Integer, nullable=False),
        Column("raw_size", BigInteger, nullable=False),
        Column("disk_size", BigInteger, nullable=False),
        Column("created", BigInteger, nullable=False),
        Column("touched", BigInteger, nullable=False),
        Column("meta", LargeBinary, nullable=False),  # chunk hashes, compressed ends, raw ends
    )
    op.create_table(
        "xorb_owner",  # repos whose writers sent the whole xorb
        Column("xorb", Text, ForeignKey("xorb.hash", ondelete="CASCADE"), primary_key=True),
        reference("repo_id", "repo", primary_key=True),
    )
    op.create_index("xorb_owner_repo", "xorb_owner", ["repo_id"])
    op.create_table(
        "xet_file",
        Column("hash", Text, primary_key=True),
        Column("size", BigInteger, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("created", BigInteger, nullable=False),
        Column("terms", LargeBinary, nullable=False),
    )
    op.create_table(
        "xet_file_xorb",
        Column("xorb", Text, ForeignKey("xorb.hash"), primary_key=True),
        Column("file", Text, ForeignKey("xet_file.hash", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("xet_file_xorb_file", "xet_file_xorb", ["file"])
    op.create_table(
        "xet_dedup",  # the few chunks clients ask for, and a file whose xorbs answer
        Column("chunk", Text, primary_key=True),
        Column("file", Text, ForeignKey("xet_file.hash", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("xet_dedup_file", "xet_dedup", ["file"])


def events_and_jobs() -> None:
    op.create_table(
        "event",
        Column("id", Id, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("repo_id", Id),  # no foreign key: events outlive their repo
        Column("actor_id", Id),
        Column("at", BigInteger, nullable=False),
        Column("payload", Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("event_repo", "event", ["repo_id", "id"])
    op.create_table(
        "job",
        Column("id", Id, primary_key=True),
        Column("name", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("state", Text, nullable=False),  # waiting | running | done | dead
        Column("run_at", BigInteger, nullable=False),
        Column("lease_until", BigInteger),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("error", Text),
        Column("created", BigInteger, nullable=False),
        Column("finished", BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("job_due", "job", ["state", "run_at"])
    op.create_index(
        "job_waiting_key",  # one waiting job a key; a running one may have a successor waiting
        "job",
        ["key"],
        unique=True,
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    )


def objects() -> None:
    op.create_table(
        "obj",
        Column("repo_id", Id, primary_key=True, autoincrement=False),
        Column("oid", LargeBinary, primary_key=True),  # 20 bytes
        Column("kind", Integer, nullable=False),  # git's pack numbers: 1 commit 2 tree 3 blob 4 tag
        Column("size", BigInteger, nullable=False),  # of the content, in bytes
        Column("z", LargeBinary),  # deflate stream as in a pack; null: in the blob store
    )
