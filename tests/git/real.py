"""The real git and git-lfs, as a user has them."""

import os
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from live import LiveHub


class Failed(Exception):
    """What git said when it failed."""


@dataclass
class Git:
    hub: LiveHub
    home: Path
    when: int | None = None
    """Seconds since 1970 that commits are made at; None: now."""

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def url(self, repo: str, user: str | None = "alice", token: str | None = None) -> str:
        token = token or (self.hub.tokens[user] if user else None)
        return self.hub.url.replace("//", f"//user:{token}@" if token else "//") + f"/{repo}"

    def __call__(self, folder: Path, *words: str, stdin: bytes | None = None) -> str:
        """What it prints on stdout; raises Failed with what it says on stderr."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "NO_PROXY": "127.0.0.1",
            "LC_ALL": "C.UTF-8",
            **{
                f"GIT_{who}_{what}": it
                for who in ("AUTHOR", "COMMITTER")
                for what, it in (("NAME", "Alice"), ("EMAIL", "alice@example.org"))
            },
        }
        if self.when is not None:
            env |= {f"GIT_{who}_DATE": f"{self.when} +0000" for who in ("AUTHOR", "COMMITTER")}
        done = subprocess.run(
            ["git", "-C", str(folder), *words], env=env, capture_output=True, input=stdin
        )
        if done.returncode:
            raise Failed(done.stderr.decode(errors="replace"))
        return done.stdout.decode(errors="replace").rstrip("\n")

    def clone(self, repo: str, *words: str, user: str | None = "alice", version: int = 2) -> Path:
        folder = self.home / f"clone{next(self._numbers)}"
        speaking = ("-c", f"protocol.version={version}")
        self(self.home, *speaking, "clone", "--quiet", *words, self.url(repo, user), str(folder))
        return folder

    def commit(self, folder: Path, message: str = "a change", **files: str | bytes) -> str:
        """Commit files, named with `__` for a slash and `_` for a dot; the commit."""
        for name, content in files.items():
            path = folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self(folder, "add", "--all")
        self(folder, "commit", "--quiet", "--allow-empty", "--message", message)
        return self(folder, "rev-parse", "HEAD")
