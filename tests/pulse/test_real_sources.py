"""Real files from elsewhere, each by a map, and the figures that any correct reader finds."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from hearthub.lake import Lake
from needs import needs_data
from pulse.lakes import one, rows, take, toml
from pulse.maps import CHANGES, RADAR


def radar(lake: Lake, folder: Path, *files: str) -> None:
    for name in files:
        columns = RADAR if name == "models_latest" else CHANGES
        path = needs_data(f"radar/{name}.parquet")
        done = take(lake, path, toml(folder, columns, source="radar"))
        assert done.rejected == 0


def test_radar(lake: Lake, tmp_path: Path) -> None:
    radar(lake, tmp_path, "models_latest")
    assert one(lake, "select count(*), count(removed_at) from repo") == (15910, 752)
    found = rows(
        lake, "select relation, count(*) as n from state where relation is not null group by 1"
    )
    assert {row["relation"]: row["n"] for row in found} == {
        "finetune": 3703,
        "quantized": 2890,
        "adapter": 1639,
        "merge": 52,
    }
    several = "select count(*) from state where len(base_models) > 1 and relation is not null"
    assert one(lake, several) == 53
    loops = "select n from reject where reason like '%the repo itself'"
    assert one(lake, loops) == 23
    assert one(lake, "select count(*) from edge e join repo r on r.repo_id = e.child "
                     "where lower(e.parent_id) = lower(r.id)") == 23  # fmt: skip


def changes_of(table: str, *columns: str) -> str:
    """A history without rows that repeat the one before: where snapshots come late, some do."""
    row = f"({', '.join(columns)})"
    over = 'over (partition by repo_id order by "at")'
    return (
        f'select repo_id, "at", {row} as row from {table} '
        f"qualify row_number() {over} = 1 or row <> lag(row) {over}"
    )


HISTORIES = (
    "select * from repo",
    "select * from state",
    "select * from edge",
    changes_of("presence", "is_there", "0"),
    changes_of("counter", "d30", "likes", "trending"),
)


def test_radar_in_either_order_ends_the_same(lake: Lake, tmp_path: Path, sandbox: object) -> None:
    other = Lake(tmp_path / "other", lake.tables.values(), lake._sandbox)
    radar(lake, tmp_path, "models_latest", "panel_changes")
    radar(other, tmp_path, "panel_changes", "models_latest")
    for history in HISTORIES:
        query = f"select count(*) as n, bit_xor(hash(h)) as hash from ({history}) h"
        assert rows(lake, query) == rows(other, query), history
    # 752 are gone in the end; some of those that came back were gone for a while.
    assert one(lake, "select count(removed_at) from repo") == 752
    back = """select count(distinct repo_id) from presence join repo using (repo_id)
      where not is_there and removed_at is null"""
    assert one(lake, back) == 110


def test_what_stands_at_each_capture_of_radar_is_what_its_panel_says(
    lake: Lake, tmp_path: Path
) -> None:
    radar(lake, tmp_path, "models_latest", "panel_changes")
    path = needs_data("radar/panel_changes.parquet")
    with lake.reading((path,)) as session:
        wrong = session.value(
            f"""with told as (
              select r.repo_id, snapshot_at::timestamptz::timestamp as "at", p.likes,
                p.downloads_30d, p.trending_score
              from read_parquet('{path}') p join repo r using (id))
            select count(*) from told t asof left join counter c
              on c.repo_id = t.repo_id and t."at" >= c."at"
            where (c.likes, c.d30, c.trending) is distinct from
              (t.likes, t.downloads_30d, t.trending_score::double)"""
        )
    assert wrong == 0


def test_dome(lake: Lake, tmp_path: Path) -> None:
    """Two years of days: 721 captures of 276 models, rows only where something changed."""
    path = needs_data("dome_transformersjs/daily_panel.parquet")
    columns = {
        "id": "id",
        "author": "author",
        "modified_at": "lastModified",
        "observed_at": "snapshot_date",
        "downloads_30d": "downloads",
        "likes": "likes",
        "parameters": "numParameters",
        "pipeline_tag": "pipeline_tag",
        "gated": "gated",
    }
    done = take(lake, path, toml(tmp_path, columns, source="dome"))
    with duckdb.connect() as plain:
        (changes,) = plain.execute(
            f"""select count(*) from (
              select downloads, likes, lag((downloads, likes)) over w as before
              from (select id, snapshot_date, max(downloads) as downloads, max(likes) as likes
                from read_parquet('{path}') group by all)
              window w as (partition by id order by snapshot_date))
            where (downloads, likes) is distinct from before"""
        ).fetchone()
    assert (done.repos, one(lake, 'select count(distinct "at") from capture')) == (276, 721)
    assert one(lake, "select count(*) from counter") == changes
    assert done.rows + done.rejected == 111_873


def test_llmfit(lake: Lake, tmp_path: Path) -> None:
    path = needs_data("llmfit/panel.parquet")
    columns = {
        "id": "id",
        "observed_at": "committed_at",
        "downloads_30d": "downloads",
        "likes": "likes",
        "parameters": "params",
    }
    done = take(lake, path, toml(tmp_path, columns, source="llmfit"))
    assert done.rows + done.rejected == 23_078
    assert one(lake, 'select count(distinct "at"), max("at") from capture') == (
        40,
        one(lake, 'select max("at") from capture'),
    )


def test_trendradar_lists_a_repo_twice_and_it_is_one(lake: Lake, tmp_path: Path) -> None:
    path = needs_data("hf_trendradar_2025/panel.parquet")
    columns = {
        "id": "id",
        "author": "author",
        "created_at": "created_at",
        "observed_at": "observed_at",
        "downloads_30d": "downloads",
        "likes": "likes",
    }
    done = take(lake, path, toml(tmp_path, columns, source="trendradar", type="dataset"))
    assert done.rejected == 0
    first = one(lake, "select first_observed_at from snapshot")
    assert first == datetime(2025, 5, 21, 14, 47, 58)
    created = one(lake, "select created_at from repo where id = 'huggingface/badges'")
    assert created == datetime(2022, 2, 2, 14, 55, 23).replace(year=2023)


def test_data_sets_of_2023(lake: Lake, tmp_path: Path) -> None:
    path = needs_data("hf_datasets_2024/dataset_info.parquet")
    columns = {
        "id": "dataset_name",
        "author": "author",
        "created_at": "dataset_creation_time",
        "downloads_30d": "downloads",
        "tags": "task",
    }
    map_file = toml(tmp_path, columns, source="cards-2023", type="dataset")
    done = take(lake, path, map_file, observed_at=datetime(2023, 3, 16))
    assert done.rows + done.rejected == 24_065
    created = one(lake, "select created_at from repo where id = 'super_glue'")
    assert created == datetime(2022, 1, 25, 15, 34, 18)
    tags = one(lake, "select tags from state join repo using (repo_id) where id = 'super_glue'")
    assert tags == ["text-classification", "token-classification", "question-answering"]


@pytest.fixture
def dump() -> Path:
    return needs_data("hub_stats_frozen/hub_stats_frozen.parquet")


def test_a_dump_of_hub_stats(lake: Lake, dump: Path) -> None:
    done = take(lake, dump, kind="hub-stats")
    assert (done.rows, done.repos, done.rejected) == (4167, 4167, 0)
    when = datetime(2026, 5, 20, 18, 24, 8)  # the newest change that it knows of
    assert one(lake, "select observed_at from snapshot") == when
    told = "select count(parameters), count(gguf_parameters), count(relation) from state"
    assert one(lake, told) == (3760, 57, 2586)
    assert one(lake, "select source, licence from snapshot") == ("hub-stats", "Apache-2.0")
    packed = """select is_packed, parameters, license, languages, formats
      from state join repo using (repo_id) where id = """
    assert one(lake, packed + "'Qwen/Qwen1.5-MoE-A2.7B'") == (
        False,
        14_315_784_192,
        "other",
        ["en"],
        ["safetensors"],
    )


def test_small_over_large_on_hub_stats(lake: Lake, dump: Path) -> None:
    """The published ratio, out of what the lake has of it."""
    take(lake, dump, kind="hub-stats")
    found = one(
        lake,
        """select (select median(d_all) from (select d_all from of_size
            where parameters between 1e9 and 9e9 order by d_all desc limit 10))
          / (select median(d_all) from (select d_all from of_size
            where parameters > 100e9 order by d_all desc limit 10))
        from (select 1) cross join (select 1) where true""".replace(
            "of_size",
            "(select d_all, parameters from counter join state using (repo_id))",
        ),
    )
    assert found == pytest.approx(5.7, abs=0.1)


def test_the_same_file_again_changes_nothing(lake: Lake, dump: Path) -> None:
    first = take(lake, dump, kind="hub-stats")
    version = lake.version
    again = take(lake, dump, kind="hub-stats")
    assert (again.snapshot, again.rows, again.is_new) == (first.snapshot, 4167, False)
    assert lake.version == version
