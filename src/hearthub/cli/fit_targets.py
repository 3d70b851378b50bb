"""Where `hearthub fit` finds the models it is asked about: paths, and repos of HF_ENDPOINT."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hearthub.errors import BadRequest, EntryNotFound

if TYPE_CHECKING:
    from hearthub.fit import Fit, Model, Option

MEMORY = 200 * 10**6
"""Bytes that reading a header may take."""
PUBLIC_HUB = "https://huggingface.co"


def endpoint() -> str:
    """The hub that clients of this environment ask."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or PUBLIC_HUB


class Targets:
    """Models by what people type."""

    def __init__(self, fit: "Fit") -> None:
        self.fit = fit
        self._token = os.environ.get("HF_TOKEN") or None

    def model(self, target: str) -> "Model":
        """A path wins over a repo of the same name. Raises EntryNotFound, UpstreamFailed."""
        path = Path(target)
        if path.exists():
            return self.fit.of_path(path)
        name, at, revision = target.partition("@")
        if at and not revision:
            raise BadRequest("After @ comes a branch, a tag or a commit")
        if target.startswith((".", "/", "~")) or target.count("/") > 1:
            raise EntryNotFound(f"{target} does not exist, or may not be read")
        if sys.stderr.isatty():
            print(f"Reading headers of {name} on {endpoint()}", file=sys.stderr)
        return self.fit.of_hub(endpoint(), name, revision or "main", self._token)

    def base(self, name: str) -> "Model":
        """What an adapter is loaded on: a repo, whatever folder has the same name here."""
        return self.fit.of_hub(endpoint(), name, "main", self._token)

    def derivatives(self, model: "Model") -> "list[Option]":
        """Quantised versions on the same hub; none of a path."""
        if model.is_local:
            return []
        return self.fit.derivatives(endpoint(), model.name, self._token)


@contextmanager
def opened() -> Iterator[Targets]:
    from hearthub.fit import Fit
    from hearthub.sandbox import Sandbox

    sandbox = Sandbox(workers=os.cpu_count() or 1, memory_limit=MEMORY)
    try:
        yield Targets(Fit(sandbox))
    finally:
        sandbox.close()
