"""What tests say to a hub over HTTP, in a line each."""

import base64
import hashlib
import json
from itertools import count
from typing import Any

import httpx

Line = dict[str, Any]

_numbers = count(1)


def unique(prefix: str) -> str:
    """A name no other test of this process uses."""
    return f"{prefix}{next(_numbers)}"


def new_repo(client: httpx.Client, name: str | None = None, **body: Any) -> str:
    """A new repo of the caller (or of `organization`); its full name."""
    answer = client.post("/api/repos/create", json={"name": name or unique("repo"), **body})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["name"])


def header(summary: str = "a change", **more: Any) -> Line:
    return {"key": "header", "value": {"summary": summary, **more}}


def put(path: str, content: bytes = b"hello\n") -> Line:
    text = base64.b64encode(content).decode()
    return {"key": "file", "value": {"path": path, "content": text, "encoding": "base64"}}


def put_lfs(path: str, oid: str, size: int | None = None) -> Line:
    value = {"path": path, "algo": "sha256", "oid": oid}
    return {"key": "lfsFile", "value": value if size is None else {**value, "size": size}}


def delete(path: str) -> Line:
    return {"key": "deletedFile", "value": {"path": path}}


def delete_folder(path: str) -> Line:
    return {"key": "deletedFolder", "value": {"path": path}}


def ndjson(*lines: Line) -> bytes:
    return b"\n".join(json.dumps(line).encode() for line in lines)


def post_commit(
    client: httpx.Client,
    repo: str,
    *lines: Line,
    rev: str = "main",
    kind: str = "models",
    **more: Any,
) -> httpx.Response:
    """A commit of these lines; `more` goes into its header."""
    return client.post(
        f"/api/{kind}/{repo}/commit/{rev}",
        content=ndjson(header(**more), *lines),
        headers={"Content-Type": "application/x-ndjson"},
    )


def commit(client: httpx.Client, repo: str, *lines: Line, **more: Any) -> str:
    """Like `post_commit` when it has to work; the new head."""
    answer = post_commit(client, repo, *lines, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["commitOid"])


def head(client: httpx.Client, repo: str, kind: str = "models") -> str:
    return str(client.get(f"/api/{kind}/{repo}", params={"expand": "sha"}).json()["sha"])


def tree(client: httpx.Client, repo: str, rev: str = "main", **params: Any) -> dict[str, Line]:
    """Everything in a repo by path."""
    params = {"recursive": "true", **params}
    answer = client.get(f"/api/models/{repo}/tree/{rev}", params=params)
    assert answer.status_code == 200, answer.text
    return {item["path"]: item for item in answer.json()}


def lfs_batch(client: httpx.Client, repo: str, operation: str, *objects: Line) -> httpx.Response:
    body = {"operation": operation, "transfers": ["basic", "multipart"], "objects": objects}
    return client.post(f"/{repo}.git/info/lfs/objects/batch", json=body)


def upload_lfs(client: httpx.Client, repo: str, data: bytes) -> str:
    """Bring bytes into a repo by LFS; their sha256."""
    oid = hashlib.sha256(data).hexdigest()
    answer = lfs_batch(client, repo, "upload", {"oid": oid, "size": len(data)})
    if actions := answer.json()["objects"][0].get("actions"):
        assert httpx.put(actions["upload"]["href"], content=data).status_code == 200
    return oid


def xet_token(
    client: httpx.Client, repo: str, scope: str = "write", rev: str = "main"
) -> dict[str, Any]:
    """The casUrl, and the headers that open it."""
    answer = client.get(f"/api/models/{repo}/xet-{scope}-token/{rev}")
    assert answer.status_code == 200, answer.text
    token = answer.json()
    return {"url": token["casUrl"], "headers": {"Authorization": f"Bearer {token['accessToken']}"}}
