"""Before a commit: which files go inline, which by Xet or LFS, which not at all."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from hearthub.errors import Damaged
from hearthub.registry.attributes import Attributes, Ignore, upload_mode
from hearthub.registry.files import Entry, Files
from hearthub.registry.paths import clean_path
from hearthub.registry.repo import Repo


@dataclass(frozen=True)
class FileOffer:
    """A file somebody is about to upload: its size in bytes and its first 512 bytes."""

    path: str
    size: int
    sample: bytes


@dataclass(frozen=True)
class FileVerdict:
    """`mode` is "lfs" or "regular"; `oid` what lies at that path now, so clients skip no-ops:
    none where that is damaged, and the same file is welcome again.

    `is_new`: nothing of its `size` lies there, so what will come cannot be the same.
    """

    path: str
    mode: str
    ignored: bool
    oid: str | None
    size: int
    is_new: bool


def judge(
    files: Files,
    repo: Repo,
    commit: str,
    offers: Sequence[FileOffer],
    *,
    attributes: str | None,
    ignore: str | None,
    max_regular: int,
) -> list[FileVerdict]:
    """`attributes` and `ignore` are those of the same upload; the repo's own apply as well."""
    if attributes is None:
        attributes = files.text(repo, commit, ".gitattributes")
    rules = Attributes.parse(attributes or "")
    texts = [files.text(repo, commit, ".gitignore"), ignore]
    ignores = [Ignore.parse(text) for text in texts if text]
    paths = [clean_path(offer.path) for offer in offers]
    present = {entry.path: entry for entry in _present(files, repo, commit, paths)}
    broken = {path for path, entry in present.items() if files.is_damaged(repo, entry)}
    verdicts = []
    for path, offer in zip(paths, offers, strict=True):
        entry = present.get(path)
        ignored = any(rule.matches(path) for rule in ignores)
        verdicts.append(
            FileVerdict(
                path=offer.path,
                mode=upload_mode(path, offer.size, offer.sample, rules, max_regular),
                ignored=ignored,
                oid=entry.etag if entry and entry.is_file and path not in broken else None,
                size=offer.size,
                is_new=not ignored and (entry is None or entry.size != offer.size),
            )
        )
    return verdicts


def _present(files: Files, repo: Repo, commit: str, paths: list[str]) -> list[Entry]:
    """What lies at these paths; without those of which a pointer is damaged, if one is."""
    try:
        return files.paths(repo, commit, paths)
    except Damaged:
        found = []
        for path in paths:
            with suppress(Damaged):
                found += files.paths(repo, commit, [path])
        return found
