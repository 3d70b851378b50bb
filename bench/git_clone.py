"""A clone of a thousand files with a thousand commits, beside C git serving the same repository,
repacked, over HTTP (`git http-backend`)."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from bench import small
from bench.figures import Figure, Skipped
from tests.live import LiveHub

COMMITS, GOAL = 1000, 2.0


def measure(hub: LiveHub, folder: Path, repeats: int) -> Iterator[Figure | Skipped]:
    what = f"git clone, {COMMITS} files and commits, to C git"
    if subprocess.run(["git", "http-backend"], capture_output=True).returncode == 1:
        yield Skipped(what, "this git has no http-backend")
        return
    bare = folder / "served" / "repo.git"
    make(bare, COMMITS)
    small.make_repo(hub, "history")
    url = hub.url.replace("//", f"//user:{hub.tokens['alice']}@") + "/alice/history"
    git(bare, "push", "--quiet", "--force", url, "main")
    with serving(bare.parent) as theirs_url:
        ours, theirs = [], []
        for number in range(2 * repeats + 1):
            theirs.append(clone(f"{theirs_url}/repo.git", folder / f"theirs{number}"))
            ours.append(clone(url, folder / f"ours{number}"))
    first = ours[0]
    note = (
        f"{median(ours) * 1000:.0f} ms, C git {median(theirs) * 1000:.0f}, the first {first:.2f} s"
    )
    yield Figure(what, median(ours) / median(theirs), GOAL, note=note)


def make(bare: Path, commits: int) -> None:
    """One file more with each commit, and one of the older ones changed."""
    bare.mkdir(parents=True)
    git(bare, "init", "--quiet", "--bare", "--initial-branch", "main")
    lines = []
    for number in range(commits):
        lines += [
            "commit refs/heads/main",
            f"committer Alice <alice@example.org> {1_700_000_000 + number} +0000",
            f"data {len(str(number))}\n{number}",
        ]
        for path, text in ((number, f"file {number}\n"), (number // 2, f"changed {number}\n")):
            lines.append(f"M 644 inline d{path % 10}/e{path % 7}/f{path}.txt")
            lines.append(f"data {len(text)}\n{text}")
    git(bare, "fast-import", "--quiet", stdin="\n".join([*lines, ""]).encode())
    git(bare, "repack", "-ad", "--quiet")


def clone(url: str, target: Path) -> float:
    """Seconds."""
    began = time.perf_counter()
    git(target.parent, "clone", "--quiet", url, str(target))
    return time.perf_counter() - began


def git(folder: Path, *words: str, stdin: bytes | None = None) -> None:
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(folder), *words], env=env, input=stdin, capture_output=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode())


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """C git's own server program behind a plain HTTP server, as a web server runs it."""

    class Backend(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            env = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": parts.path,
                "QUERY_STRING": parts.query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }
            done = subprocess.run(["git", "http-backend"], env=env, input=body, capture_output=True)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            self.wfile.write(b"HTTP/1.0 200 OK\r\n" + head + b"\r\n\r\n" + content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
