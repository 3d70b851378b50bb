"""Files that came whole, from whoever does not ask first how each is kept: into one commit."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hearthub.accounts import Actor
from hearthub.errors import BadRequest
from hearthub.registry.commits import CommitResult
from hearthub.registry.operations import CommitHeader, Operation, PutFile, PutLfs
from hearthub.registry.paths import clean_path
from hearthub.registry.repo import Repo
from hearthub.registry.uploads import FileOffer, FileVerdict
from hearthub.storage import Storage

SAMPLE = 512  # bytes, as clients send
COPY = 4 * 2**20


@dataclass(frozen=True)
class Arrival:
    """Where in the repo it goes, and where it lies now, on the disk of the data folder; `upload`
    names the one that it came by in pieces."""

    path: str
    source: Path
    size: int
    upload: str = ""


class Arrivals:
    """The functions are the registry's own: `require_move`, `judge_uploads`, `commit`."""

    def __init__(
        self,
        storage: Storage,
        require: Callable[[Actor, Repo, str], None],
        judge: Callable[..., list[FileVerdict]],
        commit: Callable[..., CommitResult],
    ) -> None:
        self._storage, self._require = storage, require
        self._judge, self._commit = judge, commit

    def commit(
        self,
        actor: Actor,
        repo: Repo,
        rev: str,
        header: CommitHeader,
        arrivals: Sequence[Arrival],
    ) -> CommitResult:
        """All of them or none; the sources stay where they are. Rights as `Registry.commit`."""
        self._require(actor, repo, rev)
        paths = [clean_path(it.path) for it in arrivals]
        if not arrivals:
            raise BadRequest("Choose a file first")
        if len(set(paths)) < len(paths):
            raise BadRequest("Two of the files would have the same name")
        offers = [FileOffer(it.path, it.size, _sample(it)) for it in arrivals]
        verdicts = self._judge(repo, rev, offers, attributes=None, ignore=None)
        large = {verdict.path for verdict in verdicts if verdict.mode == "lfs"}
        puts = {it.path: self._keep(repo, it) for it in arrivals if it.path in large}
        operations = _Operations(arrivals, puts)
        small = sum(it.size for it in arrivals if it.path not in large)
        return self._commit(actor, repo, rev, header, operations, small)

    def _keep(self, repo: Repo, arrival: Arrival) -> PutLfs:
        """Under a second name, so that the same can be asked again when the commit fails."""
        sha256 = _digest(arrival.source)
        second = arrival.source.with_name(f"{arrival.source.name}.second")
        second.unlink(missing_ok=True)
        os.link(arrival.source, second)
        try:
            self._storage.take_file(repo.id, sha256, arrival.size, second, arrival.upload)
        finally:
            second.unlink(missing_ok=True)
        return PutLfs(arrival.path, sha256, arrival.size)


class _Operations:
    """Small files are read when it is their turn, and anew by each loop."""

    def __init__(self, arrivals: Sequence[Arrival], puts: dict[str, PutLfs]) -> None:
        self._arrivals, self._puts = arrivals, puts

    def __iter__(self) -> Iterator[Operation]:
        for it in self._arrivals:
            yield self._puts.get(it.path) or PutFile(it.path, it.source.read_bytes())


def _sample(arrival: Arrival) -> bytes:
    with arrival.source.open("rb") as file:
        return file.read(SAMPLE)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(COPY):
            digest.update(piece)
    return digest.hexdigest()
