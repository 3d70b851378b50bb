"""The door of the catalogue: facts of repos, kept by a job, computed when the job is behind."""

import json
import logging
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

import orjson
from cachetools import LRUCache

from hearthub.catalogue.facts import Facts, dataset_facts, model_facts, parameters, space_facts
from hearthub.db import Database
from hearthub.errors import HearthubError, NotFound
from hearthub.registry import Entry, Registry, Repo, read_card
from hearthub.settings import Settings

MAX_PATHS = 10_000
MAX_HEADERS = 2**24  # bytes of all safetensors headers of a repo
MAX_WEIGHT_FILES = 256
MAX_RECENT = 2**25  # characters of facts

log = logging.getLogger(__name__)


class Catalogue:
    def __init__(self, db: Database, settings: Settings, registry: Registry) -> None:
        self.db, self.settings, self.registry = db, settings, registry
        # As JSON, whose size is known: a stranger's card may take megabytes.
        self._recent: LRUCache[tuple[int, str], str] = LRUCache(MAX_RECENT, len)
        self._lock = Lock()

    def facts(self, repo: Repo, commit: str | None = None) -> Facts:
        """What is known of a repo at a commit (default: the head of main)."""
        try:
            commit = commit or self.registry.head(repo)
        except NotFound:
            return Facts()
        row = self.db.one(
            "select facts from repo_facts where repo_id = :repo and commit_oid = :commit",
            repo=repo.id,
            commit=commit,
        )
        return Facts.from_json(row[0]) if row else self._remembered(repo, commit)

    def facts_of(self, repos: Sequence[Repo]) -> dict[int, Facts]:
        """Facts of many repos at their heads, by repo id."""
        rows = self.db.all(
            "select repo_facts.repo_id, repo_facts.facts from repo_facts join ref on "
            "ref.repo_id = repo_facts.repo_id and ref.name = 'refs/heads/main' "
            "and ref.commit_oid = repo_facts.commit_oid where repo_facts.repo_id in (:ids)",
            ids=[repo.id for repo in repos],
        )
        known = {row[0]: Facts.from_json(row[1]) for row in rows}
        return {repo.id: known.get(repo.id) or self.facts(repo) for repo in repos}

    def refresh(self, payload: dict[str, Any]) -> None:
        """Job: read the head of a repo again and keep what it says."""
        repo = self.registry.by_id(payload["repo_id"])
        if repo is None:
            return
        commit = self.registry.head(repo)
        facts = self._read(repo, commit).to_json()
        self.db.execute(
            "insert into repo_facts (repo_id, commit_oid, facts) values (:repo, :commit, :facts) "
            "on conflict (repo_id) do update set commit_oid = excluded.commit_oid, "
            "facts = excluded.facts",
            repo=repo.id,
            commit=commit,
            facts=facts,
        )

    def _remembered(self, repo: Repo, commit: str) -> Facts:
        """For commits no job keeps: what a commit says never changes.

        A repo that cannot be read just now does not hide the others of its list.
        """
        key = (repo.id, commit)
        with self._lock:
            known = self._recent.get(key)
        if known is not None:
            return Facts.from_json(known)
        try:
            facts = self._read(repo, commit)
        except HearthubError as error:
            log.warning("no facts of repo %d at %s: %s", repo.id, commit, error)
            return Facts()
        text = facts.to_json()
        if len(text) <= MAX_RECENT:
            with self._lock:
                self._recent[key] = text
        return facts

    def _read(self, repo: Repo, commit: str) -> Facts:
        entries = self.registry.tree(repo, commit, recursive=True, limit=MAX_PATHS)
        files = [entry for entry in entries if not entry.is_folder]
        paths = [entry.path for entry in files]
        card, body = read_card(self.registry.text(repo, commit, "README.md") or "")
        region = self.settings.region
        if repo.type == "dataset":
            return dataset_facts(paths, card, body, region)
        if repo.type == "space":
            return space_facts(card, repo.sdk, region)
        config = _config(self.registry.text(repo, commit, "config.json"))
        weights = [file for file in files if file.path.endswith(".safetensors")]
        safetensors = parameters(self._headers(repo, weights))
        return model_facts(paths, card, body, config, region, safetensors)

    def _headers(self, repo: Repo, files: Sequence[Entry]) -> Iterator[object]:
        """The header of each file; None for one that is malformed, or when there is too much.

        A file starts with the length of its header in 8 bytes, little-endian, then JSON.
        """
        left = MAX_HEADERS
        for file in files if len(files) <= MAX_WEIGHT_FILES else ():
            length = int.from_bytes(self.registry.read_range(repo, file, 0, 8), "little")
            if not 0 < length <= min(left, file.size - 8):
                yield None
                return
            left -= length
            try:  # orjson takes no number of a thousand digits and no lone surrogate
                yield orjson.loads(self.registry.read_range(repo, file, 8, 8 + length))
            except orjson.JSONDecodeError:
                yield None


def _config(text: str | None) -> dict[str, Any]:
    """A JSON object, or an empty one for whatever else a stranger wrote.

    Not strictly JSON: real configs (Mamba's) hold the Infinity that Python writes.
    """
    try:
        found = json.loads(text, parse_constant=lambda _: None) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
