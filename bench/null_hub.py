"""The least a hub can be for an upload by Xet: it answers yes, reads the bytes, forgets them."""

import json
import sys
from typing import Any

import uvicorn

OID = "0" * 40


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    path, body = scope["path"], b""
    keep = "/preupload/" in path
    while True:
        message = await receive()
        if keep:
            body += message.get("body", b"")
        if not message.get("more_body"):
            break
    status, answer = reply(scope, path, body)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json")],
        }
    )
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


def reply(scope: dict[str, Any], path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    host, port = scope["server"]
    url = f"http://{host}:{port}"
    if path == "/api/repos/create":
        return 200, {"url": f"{url}/alice/bench", "id": "alice/bench", "name": "alice/bench"}
    if "/preupload/" in path:
        files = json.loads(body)["files"]
        return 200, {
            "files": [
                {"path": file["path"], "uploadMode": "lfs", "shouldIgnore": False, "oid": None}
                for file in files
            ]
        }
    if "/xet-write-token/" in path:
        return 200, {"casUrl": f"{url}/cas", "accessToken": "xet_null", "exp": 2**33}
    if path.startswith("/cas/v1/xorbs/"):
        return 200, {"was_inserted": True}
    if path.endswith("/shards"):
        return 200, {"type": "result", "result": 1}
    if "/commit/" in path:
        commit_url = f"{url}/alice/bench/commit/{OID}"
        return 200, {
            "success": True,
            "commitOid": OID,
            "commitUrl": commit_url,
            "hookOutput": "",
        }
    if "/cas/" in path:
        return 404, {"error": "new to me"}
    return 200, {}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", http="httptools", lifespan="off")
