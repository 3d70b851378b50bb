"""The catalogue in a file of its own: listings, ranks, facts, facets, words, the index of terms."""

from alembic import op
from sqlalchemy import BigInteger, Column, Float, Integer, Text, text

from hearthub.migrations import wants

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if wants("main"):
        op.drop_table("repo_facts")  # derived: the catalogue reads the commits again
        op.create_index("repo_like_created", "repo_like", ["created"])
        op.create_index("account_kind_key", "account", ["kind", "key"])
        op.create_index("account_fullname", "account", ["kind", text("lower(fullname)")])
    if wants("catalogue"):
        listings()
        facets()
        index()


def listings() -> None:
    op.create_table(
        "listing",
        Column("id", Integer, primary_key=True),
        Column("repo_id", BigInteger, unique=True),  # null: observed elsewhere
        Column("origin", Text, nullable=False),  # "" here, else the other hub's host
        Column("type", Text, nullable=False),
        Column("full_name", Text, nullable=False),
        Column("key", Text, nullable=False),  # lower-case full_name
        Column("name_key", Text, nullable=False),  # its second half
        Column("shelf", Integer, nullable=False),
        Column("owner_id", BigInteger),
        Column("parameters", BigInteger),
        Column("facets", Text, nullable=False),  # " 3 17 204 ": ids of `facet`, blanks around each
        Column("doc", BigInteger, nullable=False),  # its number in `term_index`
        sqlite_autoincrement=True,
    )
    op.create_index("listing_key", "listing", ["key", "type", "origin"], unique=True)
    op.create_index("listing_name", "listing", ["name_key"])
    op.create_index("listing_private", "listing", ["owner_id"], sqlite_where=text("shelf % 4 = 1"))
    op.create_table(
        "rank",  # what lists sort by; narrow, because counters of many rows change at once
        Column("id", Integer, primary_key=True),  # listing.id
        Column("shelf", Integer, nullable=False),
        Column("downloads", BigInteger, nullable=False),  # of 30 days
        Column("downloads_all", BigInteger, nullable=False),
        Column("likes", BigInteger, nullable=False),
        Column("trending", Float, nullable=False),
        Column("created", BigInteger, nullable=False),  # ms
        Column("modified", BigInteger, nullable=False),  # ms
        # Facets that lists are most often narrowed by: an index alone answers. 0 is none.
        Column("task", Integer, nullable=False),
        Column("library", Integer, nullable=False),
        Column("license", Integer, nullable=False),
        # Else `id` would be the rowid, which an index cannot be entered at beside another column.
        sqlite_with_rowid=False,
    )
    for name in ("downloads", "likes", "trending", "created", "modified"):
        columns = ["shelf", name, "id", "task", "library", "license"]
        op.create_index(f"rank_{name}", "rank", columns)
    op.create_table(
        "listing_facts",
        Column("id", Integer, primary_key=True),  # listing.id
        Column("commit_oid", Text),  # null: observed
        Column("version", Integer, nullable=False),  # of the rules that made them
        Column("gated", Text),  # null | auto | manual
        Column("facts", Text, nullable=False),
        Column("words", Text, nullable=False),  # of the card, as they are in `term_index`
    )


def facets() -> None:
    op.create_table(
        "facet",  # every value a list can be narrowed by
        Column("id", Integer, primary_key=True),
        Column("kind", Text, nullable=False),  # tag | author | task | library | license | ...
        Column("name", Text, nullable=False),
        Column("key", Text, nullable=False),  # lower-case name
        sqlite_autoincrement=True,
    )
    op.create_index("facet_name", "facet", ["kind", "name"], unique=True)
    op.create_index("facet_key", "facet", ["kind", "key"])
    op.execute(
        "create table facet_count (shelf integer not null, facet_id integer not null, "
        "n integer not null, primary key (shelf, facet_id)) without rowid"
    )
    op.create_index("facet_count_n", "facet_count", ["shelf", "n"])
    for name in ("word", "gram"):  # of names: how many have it
        op.execute(f"create table {name} (term text primary key, n integer not null) without rowid")
    op.create_table(
        "state",
        Column("key", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )


def index() -> None:
    # Contentless: a row is taken out by naming the terms it was put in with (terms.py).
    op.execute(
        "create virtual table term_index using fts5(terms, content='', detail=none, "
        "tokenize=\"ascii tokenchars ':'\")"
    )
