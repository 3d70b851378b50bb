"""A repo as a file system, by fsspec. Arguments are text, results fit JSON."""

from typing import Any

import pandas
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet
from huggingface_hub import HfApi, HfFileSystem


def write(repo: str) -> None:
    """Tables by pandas and a text by the file system itself, each a commit."""
    HfApi().create_repo(repo, repo_type="dataset")
    table = pandas.DataFrame({"town": ["Oslo", "Lagos", "Lima"], "height": [23, 41, 154]})
    table.to_parquet(f"hf://datasets/{repo}/towns/part-0.parquet")
    table.assign(height=table.height + 1000).to_parquet(
        f"hf://datasets/{repo}/towns/part-1.parquet"
    )
    table.to_csv(f"hf://datasets/{repo}/towns.csv", index=False)
    with HfFileSystem().open(f"datasets/{repo}/letters.txt", "w") as file:
        file.write("abcdefghij" * 1000)


def read(repo: str) -> dict[str, Any]:
    root = f"datasets/{repo}"
    files = HfFileSystem()
    with files.open(f"{root}/letters.txt", "rb", block_size=64) as letters:
        letters.seek(5003)
        middle = letters.read(4).decode()
    with files.open(f"{root}/towns/part-0.parquet") as file:
        schema = pyarrow.parquet.ParquetFile(file).schema_arrow
    towns = pyarrow.dataset.dataset(f"{root}/towns", filesystem=files)
    high = towns.to_table(filter=pyarrow.compute.field("height") > 1100)
    return {
        "csv": pandas.read_csv(f"hf://{root}/towns.csv").to_dict("list"),
        "parquet": pandas.read_parquet(f"hf://{root}/towns/part-0.parquet").to_dict("list"),
        "columns": schema.names,
        "filtered": high["town"].to_pylist(),
        "ls": sorted(files.ls(root, detail=False)),
        "glob": sorted(files.glob(f"{root}/**/*.parquet")),
        "walk": [[sorted(folders), sorted(names)] for _, folders, names in files.walk(root)],
        "size": files.info(f"{root}/letters.txt")["size"],
        "middle": middle,
    }


def rearrange(repo: str) -> list[str]:
    """A copy, a removal and a move; what is there afterwards."""
    files = HfFileSystem()
    root = f"datasets/{repo}"
    files.cp_file(f"{root}/towns/part-0.parquet", f"{root}/copy.parquet")
    files.rm(f"{root}/towns/part-1.parquet")
    files.mv(f"{root}/letters.txt", f"{root}/texts/letters.txt")
    return sorted(files.find(root, refresh=True))
