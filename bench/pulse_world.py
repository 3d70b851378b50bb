"""A year of a hub for the observatory, made up: popularity by Pareto, counters written on change.

One repo in twenty changes on nearly every day, half of them hardly ever: some 46 rows a repo.
"""

from pathlib import Path

from hearthub.lake import Lake, Writing
from hearthub.pulse import TABLES
from hearthub.sandbox import Sandbox

_REPO = """
select
    (hash(range) >> 4)::bigint as repo_id,
    'org' || (range % greatest(1, {repos} // 6))::varchar || '/model-' || range as id,
    'org' || (range % greatest(1, {repos} // 6))::varchar as author,
    range as number,
    timestamp '2022-03-02' + to_hours(((hash(range + 3) % 33500))::integer) as created_at,
    pow(1 / (1 - u), 0.9) as weight,
    least(0.97, 0.02 + 0.05 * pow(1 / (1 - u), 0.55)) as chance
from (select range, (hash(range * 7 + 1) % 1000000) / 1000000.0 as u from range({repos}))
"""
_STALLS = (40, 111, 112, 200, 301)
"""Days of the year on which no counter moves."""


def make_lake(folder: Path, repos: int) -> None:
    lake = Lake(folder, TABLES, Sandbox(1))
    with lake.writing() as writing:
        writing.session.execute(f"create temp table made as {_REPO.format(repos=repos)}")
        _fixed(writing)
        for month in range(1, 13):
            writing.append("counter", _counters(month))


def _fixed(writing: Writing) -> None:
    writing.append(
        "snapshot",
        """select 'made' as snapshot_id, 'made' as source, 'panel' as kind, 'model' as type,
        timestamp '2025-12-31 12:00:00' as observed_at,
        timestamp '2025-01-01 12:00:00' as first_observed_at,
        timestamp '2026-01-01' as ingested_at, 0::bigint as "rows", 0::bigint as repos,
        0::bigint as rejected, true as is_whole, null::varchar as licence,
        null::varchar as attribution, null::varchar as origin, true as is_synthetic,
        true as is_redistributable, null::varchar as content""",
    )
    writing.append(
        "repo",
        """select repo_id, 'made' as source, 'model' as type, id, author, created_at,
        greatest(created_at, timestamp '2025-01-01 08:00:00') as first_seen,
        timestamp '2025-12-31 12:00:00' as last_seen,
        case when number % 50 = 7 then timestamp '2025-10-01' end as removed_at from made""",
    )
    writing.append(
        "state",
        """select repo_id, greatest(created_at, timestamp '2025-01-01 08:00:00') as "at",
        created_at as modified_at,
        ['text-generation', 'image-classification', null, 'fill-mask'][1 + number % 4]
            as pipeline_tag,
        'transformers' as library, 'apache-2.0' as license, null::varchar as gated,
        null::varchar as relation, null::varchar[] as base_models,
        ['transformers', 'safetensors', 'qwen2', 'license:apache-2.0', 'region:us'] as tags,
        ['en'] as languages, ['safetensors'] as formats,
        case when number % 3 > 0 then (exp(15 + number % 1100 / 100.0))::bigint end as parameters,
        false as is_packed, null::bigint as gguf_parameters, null::varchar as gguf_architecture,
        0::bigint as digest
        from made""",
    )
    writing.append(
        "classified",
        """select repo_id, greatest(created_at, timestamp '2025-01-01 08:00:00') as "at",
        1 as facts_version, ['US', 'CN', 'FR', null, null][1 + number % 5] as country,
        ['industry', 'academia', 'individual', null][1 + number % 4] as org_type,
        ['text', 'image', null][1 + number % 3] as modality,
        ['permissive', 'community', 'non-commercial', 'copyleft', null][1 + number % 5]
            as licence_class,
        ['dense', 'moe', null][1 + number % 3] as architecture,
        ['safetensors', 'gguf', null][1 + number % 3] as format,
        ['none', 'Q4_K_M', null][1 + number % 3] as quantisation,
        null::varchar as size_class, null::bigint as params_total, null::bigint as params_active,
        null::bigint as params_effective, 'stated' as size_source, 0.9 as size_conf,
        'family' || number % 40 as family, null::varchar as domain, null::varchar[] as themes
        from made""",
    )
    writing.append(
        "edge",
        """with numbered as (select number, repo_id from made)
        select c.repo_id as child, p.repo_id as parent, 'x' as parent_id,
        ['finetune', 'quantized', 'adapter', 'merge'][1 + c.number % 4] as relation,
        'tags' as evidence, timestamp '2025-01-01' as first_seen, null::timestamp as last_seen
        from numbered c
        join numbered p on p.number = c.number // 37
        where c.number % 2 = 0 and c.number > 40""",
    )


def _counters(month: int) -> str:
    stalls = ", ".join(map(str, _STALLS))
    return f"""
    select
        repo_id, day + interval 8 hour as "at",
        (weight * 30 * greatest(0, 1 + sin(n / 20.0 + number % 60)))::bigint as d30,
        (weight * (n + 200))::bigint + number % 50 as d_all,
        (weight * (n + 100) / 300)::bigint as likes,
        case when weight > 500 then round(weight * (1 + sin(n / 9.0 + number % 60))) else 0 end
            ::double as trending
    from made, (
        select d as day, date_diff('day', timestamp '2025-01-01', d) as n
        from generate_series(
            timestamp '2025-{month:02d}-01',
            timestamp '2025-{month:02d}-01' + interval 1 month - interval 1 day, interval 1 day
        ) t(d)
    )
    where created_at <= day and (
        (hash(repo_id, n) % 100000) / 100000.0 < chance
        or n = 0 or date_trunc('day', created_at) = day
    ) and n not in ({stalls})
    """
