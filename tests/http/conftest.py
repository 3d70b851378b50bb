import os

import httpx
import pytest

from calls import commit, new_repo, put, put_lfs, upload_lfs


@pytest.fixture(scope="session")
def contents() -> dict[str, bytes]:
    """Files by name; `big.bin` is kept in LFS."""
    return {
        "empty": b"",
        "small.txt": b"0123456789",
        "page.html": b"<script>alert(1)</script>",
        "mid.txt": b"line\n" * 60_000,
        "big.bin": os.urandom(3 * 2**20),
    }


@pytest.fixture(scope="session")
def files(alice: httpx.Client, contents: dict[str, bytes]) -> str:
    """A public repo with these contents."""
    repo = new_repo(alice)
    oid = upload_lfs(alice, repo, contents["big.bin"])
    small = [put(name, data) for name, data in contents.items() if name != "big.bin"]
    commit(alice, repo, *small, put_lfs("big.bin", oid))
    return repo
