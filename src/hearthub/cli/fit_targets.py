"""Where `hearthub fit` finds the models it is asked about: paths, and repos of HF_ENDPOINT."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hearthub.errors import BadRequest, EntryNotFound
from hearthub.names import split_id

if TYPE_CHECKING:
    from hearthub.fit import Fit, Model, Option

MEMORY = 200 * 10**6
"""Bytes that reading a header may take."""
PUBLIC_HUB = "https://huggingface.co"
"""What clients ask where nothing else is set."""


def endpoint() -> str | None:
    """The hub of this environment, for commands; None where it is the usual one."""
    stated = os.environ.get("HF_ENDPOINT", "").rstrip("/")
    return stated if stated not in ("", PUBLIC_HUB) else None


class Targets:
    """Models by what people type."""

    def __init__(self, fit: "Fit") -> None:
        self.fit = fit
        self._endpoint = endpoint() or PUBLIC_HUB
        self._token = os.environ.get("HF_TOKEN", "").strip() or None

    def model(self, target: str) -> "Model":
        """A path wins over a repo of the same name. Raises EntryNotFound, UpstreamFailed."""
        if os.path.lexists(target):
            return self.fit.of_path(Path(target))
        name, at, revision = target.partition("@")
        if at and not revision:
            raise BadRequest("After @ comes a branch, a tag or a commit")
        if target.startswith((".", "/", "~")) or name.count("/") > 1:
            raise EntryNotFound(f"{target} does not exist, or may not be read")
        try:
            _check_id(name)
        except BadRequest as error:
            what = f"No file or folder is called {target[:100]!r}"
            raise EntryNotFound(f"{what}, and {error}") from None
        if sys.stderr.isatty():
            print(f"Reading headers of {name} on {self._endpoint}", file=sys.stderr)
        return self.fit.of_hub(self._endpoint, name, revision or "main", self._token)

    def base(self, name: str) -> "Model":
        """What an adapter is loaded on: a repo of the same hub, whatever folder has that name here.

        A stranger wrote the name, so it is an id or nothing.
        """
        _check_id(name)
        return self.fit.of_hub(self._endpoint, name, "main", self._token)

    def derivatives(self, model: "Model") -> "list[Option]":
        """Quantised versions on the same hub; none of a path."""
        if model.is_local:
            return []
        return self.fit.derivatives(self._endpoint, model.name, self._token)


def _check_id(name: str) -> None:
    """Old models of the public hub have no namespace."""
    split_id(name if "/" in name else f"models/{name}")


@contextmanager
def opened() -> Iterator[Targets]:
    from hearthub.fit import Fit
    from hearthub.sandbox import Sandbox

    sandbox = Sandbox(workers=os.cpu_count() or 1, memory_limit=MEMORY)
    try:
        yield Targets(Fit(sandbox))
    finally:
        sandbox.close()
