"""Uploads from a browser: by the form alone, and in pieces."""

import hashlib
import os
from typing import Any

import httpx
import pytest

from browsing import Browser
from calls import new_repo, tree, unique
from live import LiveHub

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def repo(people: LiveHub) -> str:
    with people.client("alice") as client:
        return new_repo(client, unique("filled"))


def files(*some: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", it) for it in some]


class TestForm:
    def test_many_into_one_commit(self, people: LiveHub, alice_browser: Browser, repo: str) -> None:
        large = os.urandom(200_000)
        answer = alice_browser.submit(
            f"/{repo}/upload/main",
            files=files(("a.txt", b"one\n"), ("b/c.txt", b""), ("w.safetensors", large)),
            folder="in/here",
            summary=HOSTILE,
        )
        assert answer.headers["location"] == f"/{repo}/tree/main/in/here"
        with people.client("alice") as client:
            found = tree(client, repo)
            assert found["in/here/a.txt"]["size"] == 4
            assert found["in/here/b/c.txt"]["size"] == 0
            assert found["in/here/w.safetensors"]["lfs"]["oid"] == hashlib.sha256(large).hexdigest()
            assert client.get(f"/{repo}/resolve/main/in/here/w.safetensors").content == large
            commits = client.get(f"/api/models/{repo}/commits/main").json()
            assert [it["title"] for it in commits] == [HOSTILE, "initial commit"]

    @pytest.mark.parametrize(
        ("name", "folder"),
        [("../x", ""), ("x", ".."), (".git/config", ""), ("a//b", ""), ("x", "a/../../b")],
    )
    def test_paths(
        self, people: LiveHub, alice_browser: Browser, repo: str, name: str, folder: str
    ) -> None:
        answer = alice_browser.submit(
            f"/{repo}/upload/main", files=files((name, b"x")), folder=folder
        )
        assert answer.status_code in (400, 422)
        assert 'role="alert"' in answer.text
        with people.client("alice") as client:
            assert set(tree(client, repo)) == {".gitattributes"}

    @pytest.mark.parametrize("some", [[], [("", b"")], [("a", b"1"), ("a", b"2")]])
    def test_nothing_and_twice(
        self, alice_browser: Browser, repo: str, some: list[tuple[str, bytes]]
    ) -> None:
        parts = files(*some) or [("other", ("x", b"x"))]
        answer = alice_browser.submit(f"/{repo}/upload/main", files=parts)
        assert answer.status_code == 400

    def test_names_are_text(self, alice_browser: Browser, stranger: Browser, repo: str) -> None:
        name = "<img src=x onerror=alert(1)>"
        alice_browser.submit(f"/{repo}/upload/main", files=files((name, b"x")))
        page = stranger.get(f"/{repo}/tree/main").text
        assert "&lt;img src=x" in page
        assert "<img src=x" not in page

    def test_too_large(self, alice_browser: Browser, repo: str) -> None:
        hidden = alice_browser.hidden(f"/{repo}/upload/main", f"/{repo}/upload/main")
        try:
            answer = alice_browser.post(
                f"/{repo}/upload/main", data=hidden, files=files(("x", bytes(33 * 2**20)))
            )
        except httpx.TransportError:  # it was told while it was still sending
            return
        assert answer.status_code == 413

    def test_refused(
        self, alice_browser: Browser, charlie_browser: Browser, stranger: Browser, repo: str
    ) -> None:
        page = f"/{repo}/upload/main"
        assert stranger.get(page).status_code == 303
        assert charlie_browser.get(page).status_code == 403
        assert alice_browser.get(f"/{repo}/upload/nothing").status_code == 404
        assert alice_browser.post(page, files=files(("x", b"x"))).status_code == 403
        hidden = charlie_browser.hidden("/", "/logout")
        answer = charlie_browser.post(page, data=hidden, files=files(("x", b"x")))
        assert answer.status_code == 403

    def test_its_script_is_the_only_one(self, alice_browser: Browser, repo: str) -> None:
        answer = alice_browser.get(f"/{repo}/upload/main")
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "connect-src 'self'" in policy
        assert answer.text.count("<script") == 1
        settings = alice_browser.get("/settings/tokens")
        assert "script-src" not in settings.headers["content-security-policy"]
        assert (
            alice_browser.get("/static/upload.js")
            .headers["content-type"]
            .startswith("text/javascript")
        )


class Script:
    """What upload.js sends."""

    def __init__(self, browser: Browser, repo: str, rev: str = "main") -> None:
        self.browser, self.root = browser, f"/{repo}/upload/{rev}"
        token = browser.hidden("/", "/logout")["csrf"]
        self.headers = {
            "X-CSRF-Token": token,
            "Origin": str(browser.base_url).rstrip("/"),
            "Sec-Fetch-Site": "same-origin",
        }

    def announce(self, *some: tuple[str, int]) -> httpx.Response:
        body = {"files": [{"path": path, "size": size} for path, size in some]}
        return self.browser.post(f"{self.root}/files", json=body, headers=self.headers)

    def put(self, upload: str, offset: int | str, data: bytes) -> httpx.Response:
        params: dict[str, Any] = {"upload": upload, "offset": offset}
        return self.browser.put(
            f"{self.root}/file", params=params, content=data, headers=self.headers
        )

    def offset(self, upload: str) -> httpx.Response:
        params = {"upload": upload}
        return self.browser.get(f"{self.root}/file", params=params, headers=self.headers)

    def commit(self, *some: tuple[str, str], **more: Any) -> httpx.Response:
        body = {"files": [{"path": path, "upload": upload} for path, upload in some], **more}
        return self.browser.post(f"{self.root}/commit", json=body, headers=self.headers)


def uploads(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [it["upload"] for it in answer.json()["files"]]


class TestPieces:
    def test_works_and_goes_on(self, people: LiveHub, alice_browser: Browser, repo: str) -> None:
        script, data = Script(alice_browser, repo), os.urandom(9_000_000)
        big, small, empty = uploads(
            script.announce(("w.bin", len(data)), ("dir/a.txt", 4), ("empty", 0))
        )
        assert script.offset(big).json() == {"offset": 0}
        assert script.put(big, 0, data[:5_000_000]).json() == {"offset": 5_000_000}
        # The answer was lost, and the same comes again: nothing is written twice.
        assert script.put(big, 0, data[:5_000_000]).json() == {"offset": 5_000_000}
        assert script.commit(("w.bin", big)).status_code == 400
        assert script.put(big, 5_000_000, data[5_000_000:]).json() == {"offset": len(data)}
        script.put(small, 0, b"abc\n")
        answer = script.commit(
            ("w.bin", big), ("dir/a.txt", small), ("empty", empty), summary="All", description="x"
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["url"] == f"/{repo}/tree/main"
        with people.client("alice") as client:
            assert client.get(f"/{repo}/resolve/main/w.bin").content == data
            assert client.get(f"/{repo}/resolve/main/dir/a.txt").text == "abc\n"
            assert tree(client, repo)["empty"]["size"] == 0
            commits = client.get(f"/api/models/{repo}/commits/main").json()
            assert [it["title"] for it in commits] == ["All", "initial commit"]
        # What was committed is gone from where it waited.
        assert script.offset(big).json() == {"offset": 0}

    def test_over_a_restart(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        from browsing import give_passwords, logged_in
        from live import live_hub

        with live_hub(tmp_path_factory.mktemp("restarting")) as hub:
            give_passwords(hub.data, "alice")
            with hub.client("alice") as client:
                repo = new_repo(client)
            with logged_in(hub, "alice") as browser:
                script, data = Script(browser, repo), os.urandom(100_000)
                (upload,) = uploads(script.announce(("w.bin", len(data))))
                script.put(upload, 0, data[:60_000])
                hub.kill()
                hub.start()
                assert script.offset(upload).json() == {"offset": 60_000}
                script.put(upload, 60_000, data[60_000:])
                assert script.commit(("w.bin", upload)).status_code == 200
                assert browser.get(f"/{repo}/resolve/main/w.bin").content == data

    def test_a_quota(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        """What waits counts: many uploads that each fit are not let in together."""
        from browsing import give_passwords, logged_in
        from live import live_hub

        folder = tmp_path_factory.mktemp("full")
        with live_hub(folder, max_namespace_size=1_000_000) as hub, hub.client("alice") as client:
            give_passwords(hub.data, "alice")
            repo, data = new_repo(client), os.urandom(600_000)
            with logged_in(hub, "alice") as browser:
                script = Script(browser, repo)
                one, two = (uploads(script.announce((n, len(data))))[0] for n in ("a", "b"))
                assert script.put(one, 0, data).status_code == 200
                refused = script.put(two, 0, data)
                assert refused.status_code == 413
                assert "of the 1 MB it may use" in refused.json()["error"]
                assert script.announce(("c", len(data))).status_code == 413
                assert script.put(one, 0, data).json() == {"offset": len(data)}, "it came already"
                assert script.commit(("a.bin", one)).status_code == 200
                assert client.get(f"/{repo}/resolve/main/a.bin").content == data

    def test_whoever_may_not(
        self, alice_browser: Browser, bob_browser: Browser, charlie_browser: Browser,
        stranger: Browser, people: LiveHub, repo: str,
    ) -> None:  # fmt: skip
        script = Script(alice_browser, repo)
        (upload,) = uploads(script.announce(("a", 4)))
        # Others' uploads are not there, even for those who may write to the same repo.
        with people.client("alice") as client:
            team = new_repo(client, unique("team"), organization="acme")
        (hers,) = uploads(Script(alice_browser, team).announce(("a", 4)))
        bob = Script(bob_browser, team)
        assert bob.put(hers, 0, b"evil").status_code == 404
        assert bob.commit(("a", hers)).status_code == 404
        assert Script(alice_browser, team).put(upload, 0, b"evil").status_code == 404
        charlie = Script(charlie_browser, repo)
        for answer in (charlie.announce(("a", 4)), charlie.put(upload, 0, b"evil"),
                       charlie.offset(upload), charlie.commit(("a", upload))):  # fmt: skip
            assert answer.status_code == 403
        nobody = stranger.post(f"/{repo}/upload/main/files", json={})
        assert nobody.status_code == 401
        assert "www-authenticate" not in nobody.headers

    def test_whose_page(self, alice_browser: Browser, repo: str) -> None:
        script = Script(alice_browser, repo)
        for headers in (
            {"X-CSRF-Token": ""},
            {"X-CSRF-Token": "x"},
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            other = Script(alice_browser, repo)
            other.headers = script.headers | headers
            assert other.announce(("a", 4)).status_code == 403, headers
            assert other.offset("x").status_code == 403
            assert other.put("x", 0, b"").status_code == 403
            assert other.commit(("a", "x")).status_code == 403

    @pytest.mark.parametrize(
        "body",
        [b"", b"x", b"[]", b"{}", b'{"files": 1}', b'{"files": []}', b'{"files": [1]}',
         b'{"files": [{"path": 1, "size": 1}]}', b'{"files": [{"path": "a", "size": "1"}]}',
         b'{"files": [{"path": "a", "size": -1}]}', b'{"files": [{"path": "a", "size": true}]}',
         b'{"files": [{"path": "../a", "size": 1}]}', b'{"files": [{"path": "a\\ud800"}]}',
         b"[" * 100_000, b" " * 3_000_000],
    )  # fmt: skip
    def test_malformed(self, alice_browser: Browser, repo: str, body: bytes) -> None:
        script = Script(alice_browser, repo)
        for action in ("files", "commit"):
            answer = alice_browser.post(
                f"{script.root}/{action}", content=body, headers=script.headers
            )
            assert answer.status_code in (400, 422), answer.text
            assert answer.json()["error"]

    def test_pieces_that_do_not_fit(self, alice_browser: Browser, repo: str) -> None:
        script = Script(alice_browser, repo)
        (upload,) = uploads(script.announce(("a", 4)))
        assert script.put(upload, 0, b"12345").status_code == 413
        assert script.put(upload, 2, b"34").json() == {"offset": 0}
        for offset in ("-1", "x", "", "9" * 30, "²"):
            assert script.put(upload, offset, b"x").status_code == 400
        assert script.put("forged.token", 0, b"x").status_code == 403
        assert script.announce(("a", 10**15)).status_code in (413, 507)  # too large, or no room
        assert script.offset(upload).json() == {"offset": 0}

    def test_a_commit_that_failed_is_asked_again(
        self, people: LiveHub, alice_browser: Browser, repo: str
    ) -> None:
        script, data = Script(alice_browser, repo), os.urandom(20_000)
        (upload,) = uploads(script.announce(("w.bin", len(data))))
        script.put(upload, 0, data)
        refused = script.commit(("w.bin", upload), summary="x" * 100_000)
        assert refused.status_code == 413
        assert script.commit(("w.bin", upload)).status_code == 200
        with people.client("alice") as client:
            assert client.get(f"/{repo}/resolve/main/w.bin").content == data
