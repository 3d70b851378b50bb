"""`make demo`: start a hub on an empty folder, fill it with the real client, say what to try."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from demo.content import repos

USER = "demo"
WAIT_S = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.run", description=__doc__)
    parser.add_argument("--port", type=int, default=7979)
    parser.add_argument("--once", action="store_true", help="fill the hub, then stop")
    words = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended too
    with tempfile.TemporaryDirectory(prefix="hearthub-demo-") as folder:
        data = Path(folder)
        with serving(data, words.port) as url:
            token = make_user(data)
            fill(url, token, data / "client")
            print(WELCOME.format(url=url, token=token, user=USER), flush=True)
            if not words.once:
                wait_for_interrupt()
    return 0


@contextmanager
def serving(data: Path, port: int) -> Iterator[str]:
    """A hub of its own process, from ready to stopped."""
    require_free(port)
    command = [*HEARTHUB, "serve", "--data", str(data), "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    environment = clean_environment() | {"HEARTHUB_LOG_LEVEL": "warning"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(server, url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=40)


def require_free(port: int) -> None:
    """Else whoever listens there would answer in our place."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            sys.exit(f"Port {port} cannot be used ({error.strerror}); try another: --port 7980")


def wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit("The hub did not start; see above")
        try:
            with urlopen(f"{url}/readyz", timeout=5):
                return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    sys.exit(f"{url} was not ready within {WAIT_S} s")


def make_user(data: Path) -> str:
    """A user and a write token for him, by the command line; returns the token."""
    hearthub(data, "user", "add", USER, "--admin", "--fullname", "Demo")
    return hearthub(data, "token", "add", USER, "--name", "make demo", "--role", "write").strip()


def hearthub(data: Path, *words: str) -> str:
    command = [*HEARTHUB, *words, "--data", str(data)]
    return subprocess.run(
        command, env=clean_environment(), check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def fill(url: str, token: str, home: Path) -> None:
    """Upload everything with huggingface_hub, as anybody would: `HF_ENDPOINT` and a token."""
    # Read by the client when it is imported; its cache and chunk cache stay in our own folder.
    os.environ |= {
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi(endpoint=url, token=token)
    for repo in repos(USER):
        name = f"{USER}/{repo.name}"
        sdk = "static" if repo.type == "space" else None
        api.create_repo(name, repo_type=repo.type, space_sdk=sdk)
        additions = [CommitOperationAdd(path, content) for path, content in repo.files.items()]
        api.create_commit(name, additions, commit_message=f"Add {repo.name}", repo_type=repo.type)
        print(f"filled {repo.type} {name}", flush=True)


def wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print("\nThe demo hub and its content are gone.")


def clean_environment() -> dict[str, str]:
    """The caller's environment without his own hub's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HEARTHUB_")}


HEARTHUB = [sys.executable, "-m", "hearthub"]
WELCOME = """
A hub is at {url}

  In a browser    {url}
  API, to try     {url}/api/docs

  With any client:

    export HF_ENDPOINT={url}
    export HF_TOKEN={token}
    hf download {user}/ember
    hf upload {user}/mine ./some-folder

  or from Python:

    from transformers import pipeline
    print(pipeline("text-generation", "{user}/ember")("The hearth is"))

Ctrl-C stops it and removes everything.
"""

if __name__ == "__main__":
    sys.exit(main())
