"""curl: bytes, ranges, conditions and redirects, as any HTTP client would ask for them."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

from steps import ENDPOINT, TOKENS, call, new_name, noise, same, step

WEIGHTS = noise(1_000_000, 1)
OID = hashlib.sha256(WEIGHTS).hexdigest()
AUTH = f"Authorization: Bearer {TOKENS['alice']}"


def curl(*words):
    """The last answer: status, headers by lower-case name, body."""
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "30", "-D", "headers", "-o", "body", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    same(done.stderr, "")
    blocks = Path("headers").read_text().replace("\r", "").strip().split("\n\n")
    status, *lines = blocks[-1].splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = Path("body").read_bytes() if Path("body").exists() else b""
    Path("body").unlink(missing_ok=True)
    return int(status.split()[1]), headers, body


def commit(*lines):
    header = {"key": "header", "value": {"summary": "Files", "description": ""}}
    Path("lines").write_text("\n".join(json.dumps(line) for line in [header, *lines]))
    url = f"{ENDPOINT}/api/models/{repo}/commit/main"
    kind = "Content-Type: application/x-ndjson"
    return curl("-H", AUTH, "-H", kind, "--data-binary", "@lines", url)


repo = new_name()
call("POST", "/api/repos/create", {"name": repo.partition("/")[2], "type": "model"})
file = f"{ENDPOINT}/{repo}/resolve/main/weights.bin"
text = f"{ENDPOINT}/{repo}/resolve/main/a.txt"

with step("upload by LFS"):
    Path("weights.bin").write_bytes(WEIGHTS)
    asked = {"operation": "upload", "objects": [{"oid": OID, "size": len(WEIGHTS)}]}
    answer = call("POST", f"/{repo}.git/info/lfs/objects/batch", asked)
    actions = answer["objects"][0]["actions"]
    same(curl("-T", "weights.bin", actions["upload"]["href"])[0], 200)
    whole = json.dumps(asked["objects"][0])
    same(curl("-H", AUTH, "-d", whole, actions["verify"]["href"])[0], 200)

with step("commit of JSON lines"):
    large = {"path": "weights.bin", "algo": "sha256", "oid": OID, "size": len(WEIGHTS)}
    small = {"path": "a.txt", "content": "aGVsbG8=", "encoding": "base64"}
    empty = {"path": "empty", "content": "", "encoding": "base64"}
    status, _, body = commit(
        {"key": "lfsFile", "value": large},
        {"key": "file", "value": small},
        {"key": "file", "value": empty},
    )
    same(status, 200)
    head = json.loads(body)["commitOid"]

with step("GET"):
    status, headers, body = curl(file)
    same((status, body == WEIGHTS), (200, True))
    same((headers["content-length"], headers["etag"]), (str(len(WEIGHTS)), f'"{OID}"'))
    same((headers["x-repo-commit"], headers["accept-ranges"]), (head, "bytes"))
    assert "content-encoding" not in headers
    same(curl(text)[2], b"hello")

with step("a stranger's bytes cannot run in a browser"):
    for url in (file, text, f"{ENDPOINT}/{repo}/raw/main/a.txt"):
        _, headers, _ = curl(url)
        same(headers["x-content-type-options"], "nosniff")
        assert "sandbox" in headers["content-security-policy"]

with step("HEAD has the true Content-Length"):
    for compressed in ((), ("--compressed",)):
        status, headers, body = curl("-I", *compressed, file)
        same((status, headers["content-length"]), (200, str(len(WEIGHTS))))
        status, headers, body = curl("-I", *compressed, text)
        same((status, headers["content-length"]), (200, "5"))

RANGES = {
    "0-0": (0, 1),
    "100-199": (100, 200),
    "999000-": (999_000, 1_000_000),
    "-10": (999_990, 1_000_000),
    "999999-2000000": (999_999, 1_000_000),
}
for spec, (start, end) in RANGES.items():
    with step(f"range {spec}"):
        status, headers, body = curl("-r", spec, file)
        same((status, body == WEIGHTS[start:end]), (206, True))
        same(headers["content-range"], f"bytes {start}-{end - 1}/{len(WEIGHTS)}")
        same(headers["content-length"], str(end - start))

with step("a range past the end: 416"):
    for spec in ("1000000-", "2000000-3000000"):
        status, headers, _ = curl("-r", spec, file)
        same((status, headers["content-range"]), (416, f"bytes */{len(WEIGHTS)}"))

with step("a range of an empty file"):
    status, headers, body = curl("-r", "0-0", f"{ENDPOINT}/{repo}/resolve/main/empty")
    same((status, headers["content-length"], headers["content-range"]), (200, "0", "bytes */0"))

with step("If-None-Match: 304"):
    same(curl("-r", "0-9", "-H", f'If-None-Match: "{OID}"', file)[0], 304)
    for condition in (f'"{OID}"', f'W/"{OID}"', f'"other", "{OID}"', "*"):
        status, headers, body = curl("-H", f"If-None-Match: {condition}", file)
        same((status, body, headers["etag"]), (304, b"", f'"{OID}"'))
    same(curl("-H", 'If-None-Match: "other"', file)[0], 200)

with step("If-Range"):
    same(curl("-r", "0-9", "-H", f'If-Range: "{OID}"', file)[0], 206)
    status, _, body = curl("-r", "0-9", "-H", 'If-Range: "other"', file)
    same((status, len(body)), (200, len(WEIGHTS)))

with step("resume with -C -"):
    Path("partial.bin").write_bytes(WEIGHTS[:400_000])
    command = ["curl", "-sS", "--fail", "--max-time", "30", "-C", "-", "-o", "partial.bin", file]
    subprocess.run(command, check=True)
    same(Path("partial.bin").read_bytes() == WEIGHTS, True)

with step("raw gives the pointer"):
    _, _, body = curl(f"{ENDPOINT}/{repo}/raw/main/weights.bin")
    same(body, f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\n"
               f"size {len(WEIGHTS)}\n".encode())  # fmt: skip

with step("by full sha, short sha and ref"):
    for revision in (head, head[:7], "refs%2Fheads%2Fmain", "refs/heads/main", "HEAD"):
        status, headers, body = curl(f"{ENDPOINT}/{repo}/resolve/{revision}/a.txt")
        same((status, headers["x-repo-commit"], body), (200, head, b"hello"))

with step("errors carry their code in headers, with HEAD too"):
    for path, code in (
        (f"{repo}/resolve/main/missing", "EntryNotFound"),
        (f"{repo}/resolve/nowhere/a.txt", "RevisionNotFound"),
        (f"{repo}-missing/resolve/main/a.txt", "RepoNotFound"),
    ):
        for words in ((), ("-I",)):
            status, headers, _ = curl("-H", AUTH, *words, f"{ENDPOINT}/{path}")
            same((status, headers["x-error-code"]), (404, code))
            assert headers["x-error-message"]

with step("readers in browsers: CORS without credentials"):
    _, headers, _ = curl("-H", "Origin: http://page.example", file)
    same(headers["access-control-allow-origin"], "*")
    assert "access-control-allow-credentials" not in headers

with step("redirects after a move"):
    moved = f"{repo}-moved"
    call("POST", "/api/repos/move", {"fromRepo": repo, "toRepo": moved, "type": "model"})
    status, headers, _ = curl(file)
    same((status, headers["location"]), (307, f"/{moved}/resolve/main/weights.bin"))
    status, _, body = curl("-L", "-r", "5-9", file)
    same((status, body), (206, WEIGHTS[5:10]))
    status, headers, _ = curl("-L", f"{ENDPOINT}/api/models/{repo}")
    same(status, 200)

with step("a private repo wants a token"):
    call("PUT", f"/api/models/{moved}/settings", {"private": True})
    url = f"{ENDPOINT}/{moved}/resolve/main/weights.bin"
    same(curl(url)[0], 401)
    same(curl("-H", f"Authorization: Bearer {TOKENS['charlie']}", url)[0], 404)
    same(curl("-H", AUTH, url)[2] == WEIGHTS, True)
    same(curl("-u", f"anyone:{os.environ['HF_TOKEN']}", url)[2] == WEIGHTS, True)
