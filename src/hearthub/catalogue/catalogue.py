"""The door of the catalogue: facts of repos, kept by a job, computed when the job is behind."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

import orjson
from cachetools import LRUCache

from hearthub.catalogue.facts import Facts, dataset_facts, model_facts, parameters, space_facts
from hearthub.db import Database
from hearthub.errors import NotFound
from hearthub.registry import Entry, Registry, Repo, read_card
from hearthub.settings import Settings

MAX_PATHS = 10_000
MAX_HEADER = 2**22  # bytes of one safetensors header
MAX_WEIGHT_FILES = 64


class Catalogue:
    def __init__(self, db: Database, settings: Settings, registry: Registry) -> None:
        self.db, self.settings, self.registry = db, settings, registry
        self._recent: LRUCache[tuple[int, str], Facts] = LRUCache(1024)
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
        """For commits that are not the head: what a commit says never changes."""
        with self._lock:
            known = self._recent.get((repo.id, commit))
        if known is None:
            known = self._read(repo, commit)
            with self._lock:
                self._recent[repo.id, commit] = known
        return known

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
        config = _mapping(self.registry.text(repo, commit, "config.json"))
        weights = [file for file in files if file.path.endswith(".safetensors")]
        headers = parameters(self._headers(repo, weights[:MAX_WEIGHT_FILES]))
        return model_facts(paths, card, body, config, region, headers)

    def _headers(self, repo: Repo, files: Sequence[Entry]) -> Iterator[Mapping[str, Any]]:
        for file in files:
            length = int.from_bytes(self.registry.read_range(repo, file, 0, 8), "little")
            if 0 < length <= min(MAX_HEADER, file.size - 8):
                yield _mapping(self.registry.read_range(repo, file, 8, 8 + length))


def _mapping(text: str | bytes | None) -> dict[str, Any]:
    """A JSON object, or an empty one for whatever else a stranger wrote.

    By orjson, which refuses what the standard library lets through and an answer could not carry:
    lone surrogates, NaN, numbers of a thousand digits.
    """
    try:
        found = orjson.loads(text or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
