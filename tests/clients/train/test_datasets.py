"""datasets: push_to_hub, load_dataset, streaming, and single Parquet files."""

import pytest

pytestmark = pytest.mark.clients

TRAIN = [1000, sum(range(1000))]
TEST = [100, sum(range(1000, 1100))]
PROMPT_S = 20  # the viewer's host does not exist, and asking for it must not cost a timeout


@pytest.fixture(scope="module")
def commit(train) -> str:
    """The first commit of data in alice/rows."""
    return train.call("alice", "use_datasets.push", "alice/rows")


def test_push_to_hub_and_load_dataset(train, commit: str) -> None:
    loaded = train.call(None, "use_datasets.load", "alice/rows", "default", commit)
    assert loaded["sums"] == {"train": TRAIN, "test": TEST}
    assert loaded["row"] == {"id": 7, "text": "row number 7", "label": 1}
    assert loaded["labels"] == ["even", "odd"]
    assert loaded["seconds"] < PROMPT_S


def test_load_dataset_streaming(train) -> None:
    train.call("alice", "use_datasets.push", "alice/streamed")
    streamed = train.call(None, "use_datasets.stream", "alice/streamed")
    assert streamed["sum"] == TRAIN[1]
    assert streamed["third"] == {"id": 2, "text": "row number 2", "label": 0}
    assert streamed["shards"] == 3
    assert streamed["seconds"] < PROMPT_S


def test_push_to_hub_again(train, commit: str) -> None:
    commits = train.call("alice", "use_datasets.push_more", "alice/rows")
    assert len({commit, *commits}) == 3
    sums = train.call(None, "use_datasets.load", "alice/rows")["sums"]
    more = [50, sum(range(1100, 1150))]
    assert sums == {"train": [1200, sum(range(1200))], "test": TEST, "validation": more}
    described = train.call(None, "use_datasets.describe", "alice/rows")
    parquet = [name for name in described["files"] if name.startswith("data/train")]
    assert parquet == ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"]
    assert described["splits"] == {"train": 1200, "test": 100, "validation": 50}
    before = train.call(None, "use_datasets.load", "alice/rows", "default", commit)["sums"]
    assert before == {"train": TRAIN, "test": TEST}


def test_push_to_hub_with_config_name(train) -> None:
    train.call("alice", "use_datasets.push", "alice/configs")
    train.call("alice", "use_datasets.push_config", "alice/configs")
    described = train.call(None, "use_datasets.describe", "alice/configs")
    assert described["configs"] == ["default", "small"]
    assert described["seconds"] < PROMPT_S
    small = train.call(None, "use_datasets.load", "alice/configs", "small")["sums"]
    assert small == {"train": [10, sum(range(10))]}


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [("data/test-*.parquet", 100), ("data/train-00000-of-00003.parquet", 334), ("**", 1100)],
)
def test_load_dataset_of_parquet_by_hf_path(train, commit: str, pattern: str, rows: int) -> None:
    address = f"hf://datasets/alice/rows@{commit}/{pattern}"
    if pattern == "**":
        address += "/*.parquet"
    assert train.call(None, "use_datasets.load_parquet", address)["rows"] == rows


def test_private_dataset_is_for_members(train) -> None:
    train.call("alice", "use_datasets.push", "acme/secret-rows", "private")
    assert train.call("bob", "use_datasets.load", "acme/secret-rows")["sums"]["test"] == TEST
    for stranger in ("charlie", None):
        refused = train.error(stranger, "use_datasets.load", "acme/secret-rows")
        assert "DatasetNotFoundError" in refused
