"""The tables of the observatory in the lake.

Everything but `repo`, `edge` and what is made of others (`ranking`, `standing`, `scored`, `latest`)
is only ever added to. A row of `state` and `counter` stands until the next one of its repo: it is
written where something changed, or where an earlier snapshot that came late made it necessary to
say that nothing had (ingest.py). Times are UTC without a zone.

`capture` says when a source was looked at: the time that its rows have, or the span of a look that
took a while and gave each row a time of its own. In a capture that is whole, a repo was seen if it
is there by `presence` at that time; in any other, if it has a row in `seen`. From these two follows
at which times a value that has no row was seen unchanged.
"""

from hearthub.lake import Table
from hearthub.pulse.latest import MOMENTS

SNAPSHOT = Table(
    "snapshot",
    (
        ("snapshot_id", "varchar"),  # sha256 of source, kind, time and content
        ("source", "varchar"),
        ("kind", "varchar"),  # own, hub-api, hub-stats, panel
        ("type", "varchar"),  # model, dataset, space, paper; null where it has several
        ("observed_at", "timestamp"),  # of a panel the last
        ("first_observed_at", "timestamp"),
        ("ingested_at", "timestamp"),
        ("rows", "bigint"),
        ("repos", "bigint"),
        ("rejected", "bigint"),
        ("is_whole", "boolean"),  # lists every repo there was: who is missing is gone
        ("licence", "varchar"),
        ("attribution", "varchar"),
        ("origin", "varchar"),  # the host whose repos they are; null: they are listed nowhere
        ("is_synthetic", "boolean"),
        ("is_redistributable", "boolean"),  # null: nobody said
        ("content", "varchar"),  # digest of what a crawl told, without times (ingest.py)
    ),
    order="observed_at",
)
CAPTURE = Table(
    "capture",
    (
        ("snapshot_id", "varchar"),
        ("source", "varchar"),
        ("type", "varchar"),
        ("at", "timestamp"),  # its end
        ("since", "timestamp"),  # its begin, where rows have times of their own
        ("rows", "bigint"),
        ("is_whole", "boolean"),
        ("is_counted", "boolean"),  # it tells counters
        ("is_described", "boolean"),  # it tells what `state` has
        ("told", "varchar[]"),  # columns of which it has a value (told.py); null: not noted
    ),
    order='source, type, "at"',
)
PRESENCE = Table(
    "presence",
    # On change. Where a time has both, the repo is there.
    (("repo_id", "bigint"), ("at", "timestamp"), ("is_there", "boolean")),
    order='repo_id, "at"',
)
SEEN = Table(
    "seen",
    (
        ("repo_id", "bigint"),
        ("at", "timestamp"),
        ("is_there", "boolean"),  # else it was said to be removed
        ("is_counted", "boolean"),
        ("is_described", "boolean"),
    ),
    order='repo_id, "at"',
)
SHOWN = Table("shown", (("snapshot_id", "varchar"),))  # the catalogue has it
REPO = Table(
    "repo",
    (
        ("repo_id", "bigint"),  # of (source, type, id): the same in any order
        ("source", "varchar"),
        ("type", "varchar"),
        ("id", "varchar"),
        ("author", "varchar"),
        ("created_at", "timestamp"),
        ("first_seen", "timestamp"),
        ("last_seen", "timestamp"),  # null: never but as removed
        ("removed_at", "timestamp"),  # null while it is there
    ),
    order="source, type, repo_id",
)
ALIAS = Table(
    "alias",
    (("repo_id", "bigint"), ("old_id", "varchar"), ("new_id", "varchar"), ("at", "timestamp")),
)
STATE = Table(
    "state",
    (
        ("repo_id", "bigint"),
        ("at", "timestamp"),
        ("modified_at", "timestamp"),
        ("pipeline_tag", "varchar"),
        ("library", "varchar"),
        ("license", "varchar"),
        ("gated", "varchar"),  # auto, manual, true, false
        ("relation", "varchar"),
        ("base_models", "varchar[]"),
        ("tags", "varchar[]"),
        ("languages", "varchar[]"),
        ("formats", "varchar[]"),
        ("parameters", "bigint"),  # as the source counts them
        ("is_packed", "boolean"),  # many of them hold several weights: a header counts too few
        ("gguf_parameters", "bigint"),
        ("gguf_architecture", "varchar"),
        ("digest", "bigint"),  # of all that stands above but the repo and the time
    ),
    order='repo_id, "at"',
)
CLASSIFIED = Table(
    "classified",
    (
        ("repo_id", "bigint"),
        ("at", "timestamp"),  # of the state it was made from
        ("facts_version", "integer"),
        ("country", "varchar"),  # ISO 3166 alpha-2 of the organisation; null: unknown
        ("org_type", "varchar"),
        ("modality", "varchar"),
        ("licence_class", "varchar"),
        ("architecture", "varchar"),  # dense, moe; null: unknown
        ("format", "varchar"),
        ("quantisation", "varchar"),
        ("size_class", "varchar"),
        ("params_total", "bigint"),
        ("params_active", "bigint"),
        ("params_effective", "bigint"),
        ("size_source", "varchar"),
        ("size_conf", "varchar"),
        ("family", "varchar"),
        ("domain", "varchar"),  # of a data set
        ("themes", "varchar[]"),
    ),
    order='repo_id, "at"',
)
COUNTER = Table(
    "counter",
    (
        ("repo_id", "bigint"),
        ("at", "timestamp"),
        ("d30", "bigint"),  # downloads of the 30 days before
        ("d_all", "bigint"),
        ("likes", "bigint"),
        ("trending", "double"),
    ),
    order='repo_id, "at"',
    partition="strftime(\"at\", '%Y-%m')",
)
STANDING = Table(
    "standing",
    # How the counters of every repo stood at the end of a month: made of `counter` (standing.py).
    # Files that were made of other files of `counter` than there are now are not to be read.
    (
        ("repo_id", "bigint"),
        ("month", "date"),  # its first day
        ("d30", "bigint"),  # the last that was told
        ("d_all", "bigint"),
        ("likes", "bigint"),
        ("d_most", "bigint"),  # the highest d_all until then
        ("trending_most", "double"),
    ),
    order="repo_id",
)
LATEST = Table(
    "latest",
    # What each repo is, and its counters then and some days before: made of all else (latest.py).
    # Files that were made of other files than there are now are not to be read.
    (
        ("repo_id", "bigint"),
        ("id", "varchar"),
        ("author", "varchar"),
        ("created_at", "timestamp"),
        ("first_seen", "timestamp"),
        ("removed_at", "timestamp"),
        *(
            (name, "varchar")
            for name in (
                "pipeline_tag", "library", "license", "relation", "country", "org_type",
                "modality", "licence_class", "architecture", "format", "quantisation",
                "size_class", "size_source", "family", "domain",
            )
        ),
        *(
            (name, "double")
            for name in (
                "params_stated", "params_total", "params_active", *MOMENTS, "d_most",
                "trending_most",
            )
        ),
    ),
    order="repo_id",
)  # fmt: skip
SCORED = Table(
    "scored",
    # Scores of repos that ever had one above nothing, by month: made of `counter` (standing.py).
    (("repo_id", "bigint"), ("at", "timestamp"), ("trending", "double")),
    order='repo_id, "at"',
)
EDGE = Table(
    "edge",
    (
        ("child", "bigint"),
        ("parent", "bigint"),  # null: no repo that was seen
        ("parent_id", "varchar"),
        ("relation", "varchar"),  # finetune, adapter, merge, quantized
        ("evidence", "varchar"),  # listed by the source; tags; card
        ("first_seen", "timestamp"),
        ("last_seen", "timestamp"),
    ),
    order="parent, child",
)
OWN_DAY = Table(
    "own_day",
    (
        ("repo_id", "bigint"),
        ("day", "date"),
        ("downloads", "bigint"),
        ("ci_downloads", "bigint"),  # of them by user agents of build machines
        ("downloaders", "bigint"),  # unique by the day's salted hash; null below 5
    ),
    order="repo_id, day",
)
PAPER = Table(
    "paper",
    (
        ("paper_id", "varchar"),
        ("source", "varchar"),
        ("title", "varchar"),
        ("upvotes", "bigint"),
        ("submitted_at", "timestamp"),
        ("organization", "varchar"),
        ("at", "timestamp"),
    ),
)
REJECT = Table(
    "reject",
    (("snapshot_id", "varchar"), ("reason", "varchar"), ("example", "varchar"), ("n", "bigint")),
)
RANKING = Table(
    "ranking",
    # What trends (ranking.py): replaced whole for a source and type.
    (
        ("source", "varchar"),
        ("type", "varchar"),
        ("sort", "varchar"),  # hub, pulse, surprise, day
        ("rank", "bigint"),  # from 1; a row of rank 0 alone says that this was made
        ("repo_id", "bigint"),
        ("id", "varchar"),
        ("author", "varchar"),
        ("value", "double"),
        ("likes_gained", "bigint"),  # in the seven days up to `at`, as all below
        ("downloads_gained", "bigint"),  # null: nobody can tell
        ("likes", "bigint"),
        ("pipeline_tag", "varchar"),
        ("params_total", "bigint"),
        ("is_new", "boolean"),
        ("at", "timestamp"),  # the end of the last day that the source told of
        ("is_scored", "boolean"),  # the source has scores of its own
        ("made_from", "varchar"),  # the source's snapshots, and the rules (made_from.sql)
    ),
    order='source, type, sort, "rank"',
)
TABLES = (
    SNAPSHOT,
    CAPTURE,
    REPO,
    PRESENCE,
    SEEN,
    ALIAS,
    STATE,
    CLASSIFIED,
    COUNTER,
    STANDING,
    LATEST,
    SCORED,
    EDGE,
    OWN_DAY,
    PAPER,
    REJECT,
    SHOWN,
    RANKING,
)
