"""`make demo`: start a hub, on the first start fill it, and say what to open.

Below the folder, `.demo` unless `--data` names another:

    demo.json     the token, and whether the first start came to its end
    hub/          the hub's own folder
    history/      what the observatory took in: files, their maps, the planted events
    client/       what the client keeps
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from demo.content import repos

ROOT = Path(__file__).parents[1]
USER = "demo"
WAIT_S = 180
KIT = "HEARTHUB_DATA_KIT"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.run", description=__doc__)
    parser.add_argument("--port", type=int, default=7979)
    parser.add_argument("--data", type=Path, default=ROOT / ".demo", help="where all of it is kept")
    parser.add_argument("--once", action="store_true", help="fill the hub, then stop")
    words = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended too
    require_free(words.port)
    folder = words.data.absolute()
    known = open_folder(folder)
    try:
        if known is None:
            give_history(folder)
        with serving(folder / "hub", words.port) as url:
            if known is None:
                token = make_user(folder / "hub")
                fill(url, token, folder / "client")
                wait_for_reports(url)
                known = {"token": token, "kit": os.environ.get(KIT)}
                note(folder, known)
            tell(url, folder, known)
            if not words.once:
                wait_for_interrupt()
    except KeyboardInterrupt:
        print("\nThe hub has stopped.")
    return 0


def open_folder(folder: Path) -> dict[str, Any] | None:
    """What was noted of it; None where it is to be filled. What is not the demo's stays."""
    mark = folder / "demo.json"
    if mark.is_file():
        known: dict[str, Any] = json.loads(mark.read_text())
        if "token" in known:
            return known
        shutil.rmtree(folder)  # its first start was broken off
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} is not empty, and not of this demo; name another: --data DIR")
    folder.mkdir(parents=True, exist_ok=True)
    note(folder, {})
    return None


def note(folder: Path, known: dict[str, Any]) -> None:
    mark = folder / "demo.json"
    mark.touch(mode=0o600)
    mark.write_text(json.dumps(known))


def give_history(folder: Path) -> None:
    """In a process of its own, which ends with its memory."""
    kit = os.environ.get(KIT)
    command = [sys.executable, "-m", "demo.fill", str(folder / "hub"), *([kit] if kit else [])]
    if subprocess.run(command, env=clean_environment(), check=False).returncode:
        sys.exit("The observatory could not be filled; see above")


@contextmanager
def serving(data: Path, port: int) -> Iterator[str]:
    """A hub of its own process, from ready to stopped."""
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


def wait_for_reports(url: str) -> None:
    """Until there is one of each kind. The hub makes them, the newest first; older ones follow."""
    print("waiting for the first weekly pulse and the state report", flush=True)
    deadline = time.monotonic() + 2 * WAIT_S
    while time.monotonic() < deadline:
        with urlopen(f"{url}/api/pulse/reports", timeout=WAIT_S) as answer:
            if {"weekly", "state"} <= {report["kind"] for report in json.load(answer)}:
                return
        time.sleep(0.5)
    print("They are not there yet; the hub goes on making them.", flush=True)


def tell(url: str, folder: Path, known: dict[str, Any]) -> None:
    """What to open and to try; what was planted in the made-up year."""
    planted = folder / "history" / "events.json"
    if planted.is_file():
        events = json.loads(planted.read_text())
        print(
            "\nThe observatory shows a made-up year: no figure of it tells of the world. In it:\n"
        )
        for it in events:
            print(f"  {it['day']}  {it['event']:<22} {it['repo']:<34} {it['what']}")
    else:
        print(f"\nThe observatory shows real data out of {known['kit']}.")
    words = {"url": url, "token": known["token"], "user": USER, "folder": folder}
    print(WELCOME.format(**words), flush=True)


def wait_for_interrupt() -> None:
    while True:
        time.sleep(3600)


def clean_environment() -> dict[str, str]:
    """The caller's environment without his own hub's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HEARTHUB_")}


HEARTHUB = [sys.executable, "-m", "hearthub"]
WELCOME = """
A hub is at {url}

  In a browser    {url}
  What trends     {url}/pulse
  Weekly pulses   {url}/pulse/weekly
  State report    {url}/pulse/state
  Claims          {url}/pulse/claims
  API, to try     {url}/api/docs

  With any client:

    export HF_ENDPOINT={url}
    export HF_TOKEN={token}
    hf download {user}/ember
    hf upload {user}/mine ./some-folder

  or from Python:

    from transformers import pipeline
    print(pipeline("text-generation", "{user}/ember")("The hearth is"))

Ctrl-C stops it. It is kept in {folder}: remove that folder, and the next start begins anew.
"""

if __name__ == "__main__":
    sys.exit(main())
