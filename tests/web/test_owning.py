"""Repos made, set, renamed and deleted from pages, by those who may."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from browsing import Browser
from calls import commit, head, new_repo, put, unique
from hearthub.app import create_app, open_hub
from hearthub.settings import Settings
from hearthub.web import editing
from live import LiveHub

HOSTILE = '"><script>alert(1)</script>'


class TestCreate:
    @pytest.mark.parametrize(
        ("page", "prefix", "kind"),
        [("/new", "", "model"), ("/new-dataset", "datasets/", "dataset"),
         ("/new-space", "spaces/", "space")],
    )  # fmt: skip
    def test_works(
        self, alice_browser: Browser, stranger: Browser, page: str, prefix: str, kind: str
    ) -> None:
        name = unique("made")
        answer = alice_browser.submit(
            page, owner="alice", name=name, visibility="public", licence="mit", sdk="static"
        )
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == f"/{prefix}alice/{name}"
        assert stranger.get(f"/{prefix}alice/{name}").status_code == 200
        card = stranger.get(f"/{prefix}alice/{name}/resolve/main/README.md").text
        assert "license: mit\n" in card

    def test_private_in_an_organisation(
        self, bob_browser: Browser, charlie_browser: Browser, alice_browser: Browser
    ) -> None:
        name = unique("team")
        answer = bob_browser.submit("/new", owner="acme", name=name, visibility="private")
        assert answer.headers["location"] == f"/acme/{name}"
        assert alice_browser.get(f"/acme/{name}").status_code == 200
        assert charlie_browser.get(f"/acme/{name}").status_code == 404

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"owner": "alice"}, 403),
            ({"owner": "acme"}, 403),
            ({"owner": "nobody"}, 403),
            ({"owner": ""}, 400),
            ({"name": ""}, 400),
            ({"name": HOSTILE}, 400),
            ({"name": "a/b"}, 400),
            ({"visibility": "everybody"}, 400),
            ({"licence": HOSTILE}, 400),
        ],
    )
    def test_refused(self, charlie_browser: Browser, fields: dict[str, str], status: int) -> None:
        form = {"owner": "charlie", "name": unique("no"), "visibility": "public", "licence": ""}
        answer = charlie_browser.submit("/new", **(form | fields))
        assert answer.status_code == status
        assert 'role="alert"' in answer.text
        assert "<script" not in answer.text

    def test_strangers(self, stranger: Browser) -> None:
        assert stranger.get("/new").headers["location"] == "/login?next=%2Fnew"
        assert stranger.post("/new", data={"owner": "alice", "name": "x"}).status_code == 401

    def test_taken(self, people: LiveHub, alice_browser: Browser) -> None:
        with people.client("alice") as client:
            name = new_repo(client).partition("/")[2]
        answer = alice_browser.submit("/new", owner="alice", name=name, visibility="public")
        assert answer.status_code == 409


@pytest.fixture
def repo(people: LiveHub) -> str:
    with people.client("alice") as client:
        return new_repo(client, unique("owned"))


class TestSettings:
    def test_visibility_and_gate(
        self, alice_browser: Browser, stranger: Browser, repo: str
    ) -> None:
        page = f"/{repo}/settings"
        answer = alice_browser.submit(page, visibility="private", gated="")
        assert answer.headers["location"] == f"{page}?said=saved"
        assert stranger.get(f"/{repo}").status_code == 404
        alice_browser.submit(page, visibility="public", gated="manual")
        assert stranger.get(f"/{repo}").status_code == 200
        assert stranger.get(f"/{repo}/resolve/main/.gitattributes").status_code == 401
        assert alice_browser.submit(page, visibility="x", gated="").status_code == 400
        assert alice_browser.submit(page, visibility="public", gated="x").status_code == 400

    def test_move(self, alice_browser: Browser, stranger: Browser, repo: str) -> None:
        page, name = f"/{repo}/settings", unique("moved")
        answer = alice_browser.submit(page, f"{page}/move", owner="acme", name=name)
        assert answer.headers["location"] == f"/acme/{name}/settings?said=saved"
        old = stranger.get(f"/{repo}")
        assert (old.status_code, old.headers["location"]) == (307, f"/acme/{name}")
        page = f"/acme/{name}/settings"
        for owner, wanted, status in (
            ("charlie", "x", 403), ("alice", HOSTILE, 400), ("acme", name, 400)
        ):  # fmt: skip
            answer = alice_browser.submit(page, f"{page}/move", owner=owner, name=wanted)
            assert answer.status_code == status
            assert "<script" not in answer.text

    def test_delete_with_the_name_typed(
        self, alice_browser: Browser, stranger: Browser, repo: str
    ) -> None:
        page = f"/{repo}/settings"
        for typed in ("", repo.upper(), repo.partition("/")[2], HOSTILE):
            answer = alice_browser.submit(page, f"{page}/delete", typed=typed)
            assert answer.status_code == 400
        assert stranger.get(f"/{repo}").status_code == 200
        answer = alice_browser.submit(page, f"{page}/delete", typed=repo)
        assert answer.headers["location"] == "/alice"
        assert stranger.get(f"/{repo}").status_code == 404

    def test_of_others(
        self, charlie_browser: Browser, stranger: Browser, alice_browser: Browser, repo: str
    ) -> None:
        page = f"/{repo}/settings"
        assert stranger.get(page).headers["location"].startswith("/login?next=")
        assert charlie_browser.get(page).status_code == 403
        hidden = charlie_browser.hidden("/", "/logout")
        for action, fields in (
            (page, {"visibility": "private"}),
            (f"{page}/move", {"owner": "charlie", "name": "mine"}),
            (f"{page}/delete", {"typed": repo}),
        ):
            assert charlie_browser.post(action, data=hidden | fields).status_code == 403
            assert alice_browser.post(action, data=fields).status_code == 403  # no token
        assert stranger.get(f"/{repo}").status_code == 200

    def test_private_ones_tell_nothing(
        self, alice_browser: Browser, charlie_browser: Browser, repo: str
    ) -> None:
        alice_browser.submit(f"/{repo}/settings", visibility="private", gated="")
        hidden = charlie_browser.hidden("/", "/logout")
        for path in ("settings", "edit/main/README.md", "upload/main"):
            for name in (repo, "alice/nothing"):
                assert charlie_browser.get(f"/{name}/{path}").status_code == 404, path
                assert charlie_browser.post(f"/{name}/{path}", data=hidden).status_code == 404

    def test_a_dataset_called_settings(self, people: LiveHub, alice_browser: Browser) -> None:
        with people.client("alice") as client:
            new_repo(client, "settings", type="dataset")
        assert "alice/settings" in alice_browser.get("/datasets/alice/settings").text
        assert alice_browser.get("/datasets/alice/settings/settings").status_code == 200


class TestEdit:
    def page(self, repo: str, path: str = "README.md") -> str:
        return f"/{repo}/edit/main/{path}"

    def test_create_and_update(self, alice_browser: Browser, stranger: Browser, repo: str) -> None:
        page = self.page(repo)
        answer = alice_browser.submit(page, text="# One\r\nä\r\n", summary="", do="save")
        assert answer.headers["location"] == f"/{repo}"
        assert stranger.get(f"/{repo}/resolve/main/README.md").content == "# One\nä\n".encode()
        assert "# One\nä\n</textarea>" in alice_browser.get(page).text
        alice_browser.submit(page, text="# Two\n", summary=f"Two {HOSTILE}", do="save")
        log = stranger.get(f"/{repo}/commits/main").text
        assert "Create README.md" in log
        assert "<script" not in log

    def test_preview_saves_nothing(
        self, people: LiveHub, alice_browser: Browser, repo: str
    ) -> None:
        with people.client("alice") as client:
            before = head(client, repo)
            text = f"---\nlicense: mit\n---\n# *Hello*\n\n{HOSTILE} <img src=x onerror=alert(1)>"
            answer = alice_browser.submit(
                self.page(repo), text=text, summary=HOSTILE, description=HOSTILE, do="preview"
            )
            assert answer.status_code == 200
            assert "<em>Hello</em>" in answer.text
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
            assert "onerror=" not in answer.text.partition('<form class="form broad"')[0]
            assert "</textarea><script" not in answer.text
            assert head(client, repo) == before

    def test_text_cannot_leave_its_field(self, alice_browser: Browser, repo: str) -> None:
        text = "</textarea><script>alert(1)</script>"
        answer = alice_browser.submit(self.page(repo), text=text, do="preview")
        assert "</textarea><script" not in answer.text
        alice_browser.submit(self.page(repo), text=text, do="save")
        assert "</textarea><script" not in alice_browser.get(self.page(repo)).text

    def test_a_history_that_was_rewritten(
        self, people: LiveHub, alice_browser: Browser, repo: str
    ) -> None:
        """The commit that was seen is gone: both texts are shown, and saving goes on from there."""
        page = self.page(repo, "a.txt")
        with people.client("alice") as client:
            old = commit(client, repo, put("a.txt", b"0\n"))
            commit(client, repo, put("a.txt", b"theirs\n"))
            client.post(f"/api/models/{repo}/super-squash/main", json={"message": "All"})
            answer = alice_browser.submit(page, text="mine\n", parent=old, do="save")
            assert answer.status_code == 409
            assert "theirs" in answer.text
            assert "mine" in answer.text
            parent = head(client, repo)
            assert f'value="{parent}"' in answer.text
            alice_browser.submit(page, text="ours\n", parent=parent, do="save")
            assert client.get(f"/{repo}/resolve/main/a.txt").text == "ours\n"

    def test_bad_metadata_is_not_saved(self, alice_browser: Browser, repo: str) -> None:
        text = "---\nlicense: [\n---\nmy words\n"
        answer = alice_browser.submit(self.page(repo), text=text, do="save")
        assert answer.status_code == 400
        assert "Bad YAML" in answer.text
        assert "my words" in answer.text

    def test_somebody_else_was_quicker(
        self, people: LiveHub, alice_browser: Browser, repo: str
    ) -> None:
        page = self.page(repo)
        hidden = alice_browser.hidden(page, page)
        with people.client("alice") as client:
            commit(client, repo, put("README.md", b"theirs <b>\n"))
            form = {"text": "mine\n", "summary": "why", "do": "save"}
            answer = alice_browser.post(page, data=hidden | form)
            assert answer.status_code == 409
            for words in ("Somebody else changed this file", "theirs &lt;b&gt;", "mine\n", "why"):
                assert words in answer.text
            assert client.get(f"/{repo}/resolve/main/README.md").text == "theirs <b>\n"
            # From that page it goes through.
            parent = answer.text.partition('name="parent" value="')[2].partition('"')[0]
            assert parent == head(client, repo)
            again = alice_browser.post(page, data=hidden | form | {"parent": parent})
            assert again.status_code == 303
            assert client.get(f"/{repo}/resolve/main/README.md").text == "mine\n"

    def test_a_commit_elsewhere_is_no_conflict(
        self, people: LiveHub, alice_browser: Browser, repo: str
    ) -> None:
        page = self.page(repo)
        hidden = alice_browser.hidden(page, page)
        with people.client("alice") as client:
            commit(client, repo, put("other.txt", b"x"))
            answer = alice_browser.post(page, data=hidden | {"text": "mine", "do": "save"})
            assert answer.status_code == 303
            assert client.get(f"/{repo}/resolve/main/other.txt").text == "x"
            assert client.get(f"/{repo}/resolve/main/README.md").text == "mine"

    def test_deleted_meanwhile(self, people: LiveHub, alice_browser: Browser, repo: str) -> None:
        page = self.page(repo, "notes.txt")
        alice_browser.submit(page, text="one", do="save")
        hidden = alice_browser.hidden(page, page)
        with people.client("alice") as client:
            commit(client, repo, {"key": "deletedFile", "value": {"path": "notes.txt"}})
        answer = alice_browser.post(page, data=hidden | {"text": "two", "do": "save"})
        assert answer.status_code == 409
        assert "Somebody else deleted this file" in answer.text

    def test_line_ends_stay(self, people: LiveHub, alice_browser: Browser, repo: str) -> None:
        with people.client("alice") as client:
            commit(client, repo, put("README.md", b"a\r\nb\r\n"))
            alice_browser.submit(self.page(repo), text="a\r\nc\r\n", do="save")
            assert client.get(f"/{repo}/resolve/main/README.md").content == b"a\r\nc\r\n"

    def test_what_is_no_text(self, people: LiveHub, alice_browser: Browser, repo: str) -> None:
        with people.client("alice") as client:
            commit(client, repo, put("x.bin", b"\xff\xfe\x00"))
        assert alice_browser.get(self.page(repo, "x.bin")).status_code == 400

    @pytest.mark.parametrize("path", ["../x", "%2e%2e/x", ".git/config", "a//b", "%00", ""])
    def test_paths(self, alice_browser: Browser, repo: str, path: str) -> None:
        assert alice_browser.get(self.page(repo, path)).status_code in (400, 404, 422)

    def test_readers(
        self, charlie_browser: Browser, stranger: Browser, people: LiveHub, repo: str
    ) -> None:
        assert stranger.get(self.page(repo)).status_code == 303
        assert charlie_browser.get(self.page(repo)).status_code == 403
        hidden = charlie_browser.hidden("/", "/logout") | {"text": "x", "do": "save"}
        assert charlie_browser.post(self.page(repo), data=hidden).status_code == 403


def test_a_form_without_a_gate_changes_none(
    people: LiveHub, alice_browser: Browser, repo: str
) -> None:
    page = f"/{repo}/settings"
    alice_browser.submit(page, visibility="public", gated="manual")
    alice_browser.submit(page, visibility="private")
    with people.client("alice") as client:
        told = client.get(f"/api/models/{repo}").json()
    assert (told["private"], told["gated"]) == (True, "manual")


def test_previews_do_not_wait_for_ever(tmp_path: Path) -> None:
    """They hold threads that log-ins need."""
    with open_hub(Settings(data=tmp_path)) as parts:
        alice = parts.accounts.add_user("alice", password="long enough")
        parts.registry.create(parts.accounts.actor("alice"), "model", "alice/x")
        cookie = f"hearthub_session={parts.accounts.start_session(alice.id)}"
        client = TestClient(
            create_app(parts), base_url="http://127.0.0.1", headers={"Cookie": cookie}
        )
        page = "/alice/x/edit/main/README.md"
        found = dict(re.findall(r'name="(csrf|parent)" value="([^"]+)"', client.get(page).text))
        form = found | {"text": "# *Words*", "do": "preview"}
        assert "<em>Words</em>" in client.post(page, data=form).text
        for _ in range(2):
            assert editing._previews.acquire(timeout=0)
        try:
            answer = client.post(page, data=form)
        finally:
            editing._previews.release(2)
        assert answer.status_code == 503
        assert "try again" in answer.text
        assert "# *Words*" in answer.text, "nothing that was typed is lost"
        assert client.post(page, data=form).status_code == 200
