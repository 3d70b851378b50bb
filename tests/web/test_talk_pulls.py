"""Pull requests as pages: their files line by line, merged, refused on a conflict."""

import httpx
import pytest

from browsing import Browser
from calls import commit, new_repo, post_commit, put, unique
from live import LiveHub
from tests.web.talking import HOSTILE, begun, harmless


@pytest.fixture
def repo(people: LiveHub) -> str:
    with people.client("alice") as client:
        name = new_repo(client, unique("pulls"))
        commit(client, name, put("a.txt", b"one\ntwo\n"))
        return name


def proposed(client: httpx.Client, repo: str, *lines: object, **more: str) -> str:
    """The page of a pull request with one commit."""
    answer = post_commit(client, repo, *lines, rev="main?create_pr=1", **more)
    assert answer.status_code == 200, answer.text
    return f"/{repo}/discussions/{answer.json()['pullRequestUrl'].rpartition('/')[2]}"


def test_read_and_merged(
    people: LiveHub,
    alice_browser: Browser,
    charlie_browser: Browser,
    stranger: Browser,
    repo: str,
) -> None:
    with people.client("charlie") as client:
        page = proposed(client, repo, put("a.txt", b"one\n<b>2</b>\n"), summary=HOSTILE)
    text = stranger.get(page).text
    assert "1 commit</h2>" in text
    assert "Merge into" not in text
    assert "Merge into" not in charlie_browser.get(page).text
    files = stranger.get(f"{page}/files")
    assert "-two\n</del>" in files.text
    assert "+&lt;b&gt;2&lt;/b&gt;" in files.text
    for path in (page, f"{page}/files"):
        harmless(charlie_browser.get(path))
    assert "Merge into main<" in alice_browser.get(page).text
    answer = alice_browser.submit(page, f"{page}/merge")
    assert answer.status_code == 303, answer.text
    text = stranger.get(page).text
    assert 'state merged"' in text
    assert "Merged as" in text
    assert stranger.get(f"/{repo}/resolve/main/a.txt").text == "one\n<b>2</b>\n"
    assert "-two\n</del>" in stranger.get(f"{page}/files").text, "what was merged stays"
    hidden = alice_browser.hidden(page, f"{page}/comment")
    answer = alice_browser.post(f"{page}/merge", data=hidden)
    assert answer.status_code == 409
    assert "It is merged" in answer.text


def test_conflict(people: LiveHub, alice_browser: Browser, stranger: Browser, repo: str) -> None:
    name = "b <i>.txt"
    with people.client("charlie") as client:
        page = proposed(client, repo, put("a.txt", b"theirs\n"), put(name, b"theirs\n"))
    hidden = alice_browser.hidden(page, f"{page}/merge")
    with people.client("alice") as client:
        commit(client, repo, put("a.txt", b"ours\n"), put(name, b"ours\n"))
    answer = alice_browser.post(f"{page}/merge", data=hidden)  # from the page as it was before
    assert answer.status_code == 409
    for words in ("Both sides changed a.txt", "It cannot be merged", "<bdi>b &lt;i&gt;.txt</bdi>"):
        assert words in answer.text
    harmless(answer)
    assert "Merge into" not in alice_browser.get(page).text
    assert stranger.get(f"/{repo}/resolve/main/a.txt").text == "ours\n"
    assert 'state open"' in stranger.get(page).text


def test_moved_since_it_was_looked_at(
    people: LiveHub, alice_browser: Browser, stranger: Browser, repo: str
) -> None:
    with people.client("charlie") as client:
        page = proposed(client, repo, put("a.txt", b"good\n"))
        hidden = alice_browser.hidden(page, f"{page}/merge")
        answer = post_commit(client, repo, put("a.txt", b"bad\n"), rev="refs%2Fpr%2F1")
        assert answer.status_code == 200, answer.text
    for fields in (hidden, {**hidden, "head": ""}):
        answer = alice_browser.post(f"{page}/merge", data=fields)
        assert answer.status_code == 409
        assert "has changed since you looked at it" in answer.text
        harmless(answer)
        assert 'state open"' in stranger.get(page).text
    assert stranger.get(f"/{repo}/resolve/main/a.txt").text == "one\ntwo\n"
    assert alice_browser.submit(page, f"{page}/merge").status_code == 303
    assert stranger.get(f"/{repo}/resolve/main/a.txt").text == "bad\n"


def test_a_draft_made_here(
    people: LiveHub, alice_browser: Browser, charlie_browser: Browser, repo: str
) -> None:
    page = begun(charlie_browser, repo, "Better", kind="pull_request")
    text = charlie_browser.get(page).text
    assert 'state draft"' in text
    assert "It changes nothing yet" in text
    assert f"hf upload {repo} FOLDER --revision refs/pr/1" in text
    assert "0 changed files" in charlie_browser.get(f"{page}/files").text
    with people.client("charlie") as client:
        answer = post_commit(client, repo, put("a.txt", b"better\n"), rev="refs%2Fpr%2F1")
        assert answer.status_code == 200, answer.text
    assert charlie_browser.submit(page, f"{page}/status", status="open").status_code == 303
    assert 'state open"' in charlie_browser.get(page).text
    assert alice_browser.submit(page, f"{page}/merge").status_code == 303


def test_of_a_dataset(people: LiveHub, charlie_browser: Browser, alice_browser: Browser) -> None:
    with people.client("alice") as client:
        name = new_repo(client, unique("rows"), type="dataset")
    page = begun(charlie_browser, f"datasets/{name}", "Rows", kind="pull_request", text="x")
    assert page == f"/datasets/{name}/discussions/1"
    assert "--repo-type dataset" in charlie_browser.get(page).text
    assert charlie_browser.get(f"{page}/files").status_code == 200
    assert charlie_browser.submit(page, f"{page}/comment", text="y").status_code == 303
    assert charlie_browser.submit(f"/datasets/{name}", f"/datasets/{name}/like").status_code == 303


def test_a_discussion_has_no_files(charlie_browser: Browser, repo: str) -> None:
    page = begun(charlie_browser, repo, "Only words", text="x")
    assert charlie_browser.get(f"{page}/files").status_code == 404
    hidden = charlie_browser.hidden(page, f"{page}/comment")
    assert charlie_browser.post(f"{page}/merge", data=hidden).status_code == 403
