"""HfFileSystem under pandas and pyarrow."""

import pytest

pytestmark = pytest.mark.clients

REPO = "alice/towns"
ROOT = f"datasets/{REPO}"
TOWNS = {"town": ["Oslo", "Lagos", "Lima"], "height": [23, 41, 154]}


def test_pandas_and_pyarrow_by_hf_path(train) -> None:
    train.call("alice", "use_files.write", REPO)
    read = train.call(None, "use_files.read", REPO)
    assert read["csv"] == read["parquet"] == TOWNS
    assert read["columns"] == ["town", "height"]
    assert read["filtered"] == ["Lima"]
    names = [".gitattributes", "letters.txt", "towns", "towns.csv"]
    assert read["ls"] == [f"{ROOT}/{name}" for name in names]
    assert read["glob"] == [f"{ROOT}/towns/part-{i}.parquet" for i in (0, 1)]
    assert read["walk"] == [
        [["towns"], [".gitattributes", "letters.txt", "towns.csv"]],
        [[], ["part-0.parquet", "part-1.parquet"]],
    ]
    assert (read["size"], read["middle"]) == (10_000, "defg")
    after = [".gitattributes", "copy.parquet", "texts/letters.txt", "towns.csv"]
    assert train.call("alice", "use_files.rearrange", REPO) == [
        f"{ROOT}/{name}" for name in [*after, "towns/part-0.parquet"]
    ]
