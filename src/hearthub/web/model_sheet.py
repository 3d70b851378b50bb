"""What fit says of a model that is hosted here, kept by commit, hardware and wishes."""

from collections.abc import Hashable
from dataclasses import dataclass, replace

from hearthub.context import Hub
from hearthub.errors import HearthubError
from hearthub.fit import Hardware, Model, Quantised, Report, Wanted, fitting
from hearthub.registry import Repo, Right
from hearthub.web.hardware import key_of
from hearthub.web.kept import Kept
from hearthub.web.repo_view import RepoView

MAX_KEPT = 2**26


@dataclass(frozen=True)
class Sheet:
    """`rows`: the quantisations in the repo. `best`: the largest that fits. The report has no
    checkpoint, whose tensors take much memory. Not `is_whole`: some headers are still to be read.
    """

    report: Report
    rows: tuple[Quantised, ...]
    best: Quantised | None
    is_whole: bool


_sheets: Kept[Sheet] = Kept(MAX_KEPT, lambda it: 20_000 + 6_000 * len(it.rows))


def sheet_of(at: RepoView, wanted: Wanted) -> Sheet | None:
    """Of a model that the visitor may read; None where fit knows nothing of it."""
    if at.repo.type != "model" or not at.readable:
        return None
    return model_sheet(at.hub, at, at.repo, at.commit, wanted)


def model_sheet(hub: Hub, at: RepoView, repo: Repo, commit: str, wanted: Wanted) -> Sheet | None:
    # Who looks decides whether an adapter's base may be read.
    key: Hashable = (at.actor.user_id, repo.id, repo.full_name, commit, _key(wanted))
    found = _sheets.get(key, lambda: _made(hub, at, repo, commit, wanted))
    if found is not None and not found.is_whole:
        _sheets.forget(key)  # a job reads the rest soon
    return found


def _made(hub: Hub, at: RepoView, repo: Repo, commit: str, wanted: Wanted) -> Sheet | None:
    model, is_whole = hub.catalogue.model(repo, commit)
    if model is None:
        return None

    def base(name: str) -> Model | None:
        row = next(iter(hub.catalogue.named(at.actor, "model", [name]).get(name.lower(), [])), None)
        if row is None or row.repo is None or hub.registry.right(at.actor, row.repo) < Right.READ:
            return None
        return hub.catalogue.model(row.repo, hub.registry.head(row.repo))[0]

    try:
        rows = hub.fit.quantised(model, replace(wanted, file=None))
        best = fitting(rows)
        chosen = wanted.file or (best.file if best else None)
        report = hub.fit.show(model, replace(wanted, file=chosen), base)
    except HearthubError:
        return None
    return Sheet(replace(report, checkpoint=None), tuple(rows), best, is_whole)


def _key(wanted: Wanted) -> Hashable:
    return replace(wanted, hardware=()), tuple(_hardware(it) for it in wanted.hardware)


def _hardware(hardware: Hardware) -> str:
    return key_of(hardware)
