"""Many commit at once: to one branch and to many repos. Nothing is lost, and no answer is a 5xx."""

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import httpx

from calls import new_repo, post_commit, put, tree
from live import LiveHub

SECONDS = float(os.environ.get("HEARTHUB_COMMIT_SECONDS", "3"))
CLIENTS, REPOS = 8, 50


def work(hub: LiveHub, number: int, repos: list[str], seconds: float) -> list[tuple[str, str]]:
    """Commit a file of one's own again and again; (repo, path) of each that was acknowledged."""
    random, done, end = Random(number), list[tuple[str, str]](), time.monotonic() + seconds
    with hub.client("alice") as client:
        while time.monotonic() < end:
            repo, path = random.choice(repos), f"d{number}/f{len(done)}.txt"
            answer = post_commit(client, repo, put(path, path.encode()), summary=path)
            assert answer.status_code == 200, answer.text
            done.append((repo, path))
    return done


def committed(hub: LiveHub, groups: list[list[str]]) -> list[Counter[tuple[str, str]]]:
    """What so many clients committed to each group of repos, all of them at once."""
    with ThreadPoolExecutor(CLIENTS * len(groups)) as threads:
        found = [
            [threads.submit(work, hub, n, repos, SECONDS) for n in range(CLIENTS)]
            for repos in groups
        ]
    return [Counter(it for future in some for it in future.result()) for some in found]


def test_eight_on_one_branch_and_eight_on_fifty_repos(hub: LiveHub, alice: httpx.Client) -> None:
    groups = [[new_repo(alice)], [new_repo(alice) for _ in range(REPOS)]]
    for repos, done in zip(groups, committed(hub, groups), strict=True):
        assert len(done) >= 2 * CLIENTS
        assert set(done.values()) == {1}
        for repo in repos:
            paths = {path for where, path in done if where == repo}
            titles = all_titles(alice, repo)
            assert Counter(titles) == Counter([*paths, "initial commit"])
            assert paths <= tree(alice, repo).keys()


def all_titles(client: httpx.Client, repo: str) -> list[str]:
    titles, url = list[str](), f"/api/models/{repo}/commits/main?limit=500"
    while url:
        answer = client.get(url)
        titles += [it["title"] for it in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    return titles
