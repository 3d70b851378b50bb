"""Fills a lake from files of the data kit, until sources are read by `ingest`."""

from pathlib import Path

from hearthub.lake import Lake, Writing

ID = "('0x' || substr(sha256('{source}|{type}|' || lower({id})), 1, 15))::bigint"


def repo_id(source: str, kind: str, column: str) -> str:
    """SQL for the id of a repo."""
    return ID.format(source=source, type=kind, id=column)


def snapshot(writing: Writing, source: str, kind: str, first: str, last: str) -> None:
    writing.append(
        "snapshot",
        f"""select sha256('{source} {kind} {first} {last}') as snapshot_id, '{source}' as source,
        'panel' as kind, '{kind}' as type, timestamp '{last}' as observed_at,
        timestamp '{first}' as first_observed_at, timestamp '{last}' as ingested_at,
        0::bigint as "rows", 0::bigint as repos, 0::bigint as rejected, true as is_whole,
        null::varchar as licence, null::varchar as attribution, null::varchar as origin,
        false as is_synthetic,
        true as is_redistributable""",
    )


def states(writing: Writing, incoming: str) -> None:
    """State and a plain classification of the temp table `incoming`, all at its observed_at."""
    writing.append(
        "state",
        f"""select repo_id, observed_at as "at", observed_at as modified_at, pipeline_tag,
        library, license, null::varchar as gated, relation, base_models, tags,
        []::varchar[] as languages, formats, parameters, false as is_packed,
        null::bigint as gguf_parameters, null::varchar as gguf_architecture, 0::bigint as digest
        from {incoming}""",
    )


def edges(writing: Writing, incoming: str) -> None:
    """From tags `base_model:RELATION:ID`, as the Hub infers them."""
    writing.append(
        "edge",
        f"""with tag as (
            select repo_id as child, lower(id) as child_key, unnest(tags) as tag, observed_at
            from {incoming}
        ), base as (
            select distinct child, observed_at, split_part(tag, ':', 2) as relation,
                substr(tag, length(split_part(tag, ':', 2)) + 13) as parent_id
            from tag where tag like 'base_model:%:%'
        )
        select child, p.repo_id as parent, parent_id, base.relation, 'tags' as evidence,
            base.observed_at as first_seen, null::timestamp as last_seen
        from base left join {incoming} p on lower(p.id) = lower(parent_id)""",
    )


def radar(lake: Lake, path: Path) -> None:
    """The latest state, as one snapshot of 30-day counters."""
    with lake.writing(readable=(path,)) as writing:
        writing.session.execute(
            f"""create temp table incoming as select {repo_id("radar", "model", "id")} as repo_id,
            id, author, created_at::timestamptz::timestamp as created_at,
            timestamp '2026-08-22 20:00:29' as observed_at, downloads_30d as d30, likes,
            trending_score as trending, parameters, pipeline_tag, library, license, tags, formats,
            null::varchar as relation, [base_model] as base_models,
            removed_at::timestamptz::timestamp as removed_at
            from read_parquet('{path}')
            qualify row_number() over (partition by lower(id) order by removed, d30 desc) = 1"""
        )
        snapshot(writing, "radar", "model", "2026-08-22 20:00:29", "2026-08-22 20:00:29")
        writing.append(
            "repo",
            """select repo_id, 'radar' as source, 'model' as type, id, author, created_at,
            least(created_at, observed_at) as first_seen, observed_at as last_seen,
            removed_at from incoming""",
        )
        writing.append(
            "counter",
            """select repo_id, observed_at as "at", d30, null::bigint as d_all, likes, trending
            from incoming""",
        )
        states(writing, "incoming")
        edges(writing, "incoming")


def hub_stats(lake: Lake, path: Path) -> None:
    """The frozen slice of a dump: 30-day and all-time counters of one day."""
    seen = "timestamp '2026-05-20 13:30:00'"
    with lake.writing(readable=(path,)) as writing:
        writing.session.execute(
            f"""create temp table incoming as
            select {repo_id("hub-stats", "model", "id")} as repo_id, id, author,
            createdAt as created_at, {seen} as observed_at, downloads as d30,
            downloadsAllTime as d_all, likes, trendingScore as trending,
            safetensors.total as parameters, pipeline_tag, library_name as library,
            null::varchar as license, tags, []::varchar[] as formats,
            baseModels.relation as relation,
            list_transform(baseModels.models, lambda x: x.id) as base_models
            from read_parquet('{path}')"""
        )
        snapshot(writing, "hub-stats", "model", "2026-05-20 13:30:00", "2026-05-20 13:30:00")
        writing.append(
            "repo",
            """select repo_id, 'hub-stats' as source, 'model' as type, id, author, created_at,
            observed_at as first_seen, observed_at as last_seen, null::timestamp as removed_at
            from incoming""",
        )
        writing.append(
            "counter",
            'select repo_id, observed_at as "at", d30, d_all, likes, trending from incoming',
        )
        states(writing, "incoming")
        edges(writing, "incoming")


def panel(lake: Lake, source: str, kind: str, select: str, paths: tuple[Path, ...] = ()) -> None:
    """Points in time: a SELECT with id, created_at, observed_at, d30, d_all, likes, trending.

    Counters are written on change alone. Optional columns are filled in by the caller: author,
    parameters, pipeline_tag, removed_at.
    """
    with lake.writing(readable=paths) as writing:
        session = writing.session
        session.execute(
            f"""create temp table incoming as
            select {repo_id(source, kind, "id")} as repo_id, *, row_number() over (
                partition by lower(id) order by observed_at desc) = 1 as is_last
            from ({select})"""
        )
        span = session.one("select min(observed_at) as a, max(observed_at) as b from incoming")
        snapshot(writing, source, kind, str(span["a"]), str(span["b"]))
        writing.append(
            "repo",
            f"""select repo_id, '{source}' as source, '{kind}' as type, any_value(id) as id,
            any_value(author) as author, min(created_at) as created_at,
            min(observed_at) as first_seen, max(observed_at) as last_seen,
            max(removed_at) as removed_at
            from incoming group by repo_id""",
        )
        writing.append(
            "counter",
            """select repo_id, observed_at as "at", d30, d_all, likes, trending from (
                select *, row(d30, d_all, likes, trending) is distinct from lag(
                    row(d30, d_all, likes, trending)
                ) over (partition by repo_id order by observed_at) as has_changed from incoming
            ) where has_changed""",
        )
        session.execute(
            """create temp table newest as select *, null::varchar as relation,
            null::varchar[] as base_models, null::varchar as library, null::varchar as license,
            null::varchar[] as tags, null::varchar[] as formats
            from incoming where is_last"""
        )
        states(writing, "newest")


def dome(lake: Lake, path: Path) -> None:
    """Two years of 30-day counters of 276 models."""
    panel(
        lake,
        "dome",
        "model",
        f"""select id, any_value(author) as author, null::timestamp as created_at,
        snapshot_date::timestamp + interval 12 hour as observed_at, max(downloads)::bigint as d30,
        null::bigint as d_all, max(likes)::bigint as likes, null::double as trending,
        max(numParameters)::bigint as parameters, any_value(pipeline_tag) as pipeline_tag,
        null::timestamp as removed_at
        from read_parquet('{path}') group by id, snapshot_date""",
        (path,),
    )


def radar_panel(lake: Lake, path: Path) -> None:
    """Thirteen captures in four days, forward-filled by those who wrote it."""
    panel(
        lake,
        "radar",
        "model",
        f"""select id, split_part(id, '/', 1) as author, null::timestamp as created_at,
        snapshot_at::timestamptz::timestamp as observed_at, downloads_30d as d30,
        null::bigint as d_all, likes, trending_score::double as trending,
        null::bigint as parameters, null::varchar as pipeline_tag,
        null::timestamp as removed_at
        from read_parquet('{path}') where not removed""",
        (path,),
    )
