"""Discussions as pages: read, opened, answered, changed and closed, by those who may."""

import re

import pytest

from browsing import Browser
from calls import new_repo, unique
from live import LiveHub
from tests.web.talking import HOSTILE, acts, begun, comment_ids, harmless


@pytest.fixture
def repo(people: LiveHub) -> str:
    with people.client("alice") as client:
        return new_repo(client, unique("talk"))


class TestList:
    def test_of_a_repo_without_any(self, stranger: Browser, repo: str) -> None:
        text = stranger.get(f"/{repo}/discussions").text
        assert "0 found" in text
        assert "> open</span>" not in text

    def test_narrowed(self, charlie_browser: Browser, stranger: Browser, repo: str) -> None:
        one, other = begun(charlie_browser, repo, "First"), begun(charlie_browser, repo, "Second")
        begun(charlie_browser, repo, "Third", kind="pull_request")
        charlie_browser.submit(one, f"{one}/status", status="closed")

        def titles(query: str) -> list[str]:
            text = stranger.get(f"/{repo}/discussions{query}").text
            return re.findall(r'class="what"[^>]*><bdi>(\w+)', text)

        assert titles("") == ["Third", "Second"]
        assert titles("?status=closed") == ["First"]
        assert titles("?status=all") == ["Third", "Second", "First"]
        assert titles("?type=pull_request") == ["Third"]
        assert titles("?status=all&type=discussion&p=7") == []
        assert titles(f"?status={HOSTILE}&type=%00&p=-1") == ["Third", "Second"]
        assert "2<span" in stranger.get(f"/{repo}").text, "the tab counts open ones"
        assert other.endswith("/2")

    def test_pages(self, people: LiveHub, stranger: Browser, repo: str) -> None:
        with people.client("charlie") as client:
            for number in range(51):
                body = {"title": f"n{number}", "description": ""}
                client.post(f"/api/models/{repo}/discussions", json=body).raise_for_status()
        page = f"/{repo}/discussions"
        assert stranger.get(page).text.count('class="what"') == 50
        assert f'href="{page}?p=1">Older' in stranger.get(page).text
        assert "<bdi>n0<" in stranger.get(f"{page}?p=1").text


class TestThread:
    def test_a_conversation(
        self, alice_browser: Browser, charlie_browser: Browser, stranger: Browser, repo: str
    ) -> None:
        page = begun(charlie_browser, repo, "A question", text="Is *this* right?\r\n\r\n- one")
        assert "<em>this</em>" in stranger.get(page).text
        answer = alice_browser.submit(page, f"{page}/comment", text="**Yes**")
        uid = answer.headers["location"].partition("#e-")[2]
        assert answer.status_code == 303
        text = stranger.get(page).text
        assert f'id="e-{uid}"' in text
        assert "<strong>Yes</strong>" in text
        answer = alice_browser.submit(page, f"{page}/comment/{uid}/edit", text="No")
        assert answer.headers["location"] == f"{page}#e-{uid}"
        text = stranger.get(page).text
        assert "<strong>Yes</strong>" not in text
        assert "edited</span>" in text
        charlie_browser.submit(page, f"{page}/title", title="Another <question>")
        charlie_browser.submit(page, f"{page}/status", status="closed")
        text = stranger.get(page).text
        assert "Another &lt;question&gt;" in text
        assert re.search(r"charlie</a>\s+closed this", text)
        alice_browser.submit(page, f"{page}/status", status="open")
        assert 'state open"' in stranger.get(page).text

    def test_hidden_for_good(
        self, alice_browser: Browser, charlie_browser: Browser, repo: str
    ) -> None:
        page = begun(charlie_browser, repo, "Rude", text="s3cret words")
        (uid,) = comment_ids(charlie_browser.get(page).text)
        alice_browser.submit(page, f"{page}/comment/{uid}/hide")
        text = charlie_browser.get(page).text
        assert "s3cret" not in text
        assert "hidden by alice" in text
        with pytest.raises(AssertionError):
            charlie_browser.hidden(page, f"{page}/comment/{uid}/edit")
        hidden = charlie_browser.hidden(page, f"{page}/comment")
        answer = charlie_browser.post(f"{page}/comment/{uid}/edit", data=hidden | {"text": "again"})
        assert answer.status_code == 409

    def test_long_ones_have_pages(
        self, people: LiveHub, charlie_browser: Browser, stranger: Browser, repo: str
    ) -> None:
        page = begun(charlie_browser, repo, "Long", text="n0")
        with people.client("charlie") as client:
            for number in range(1, 52):
                url = f"/api/models/{repo}/discussions/{page.rpartition('/')[2]}/comment"
                client.post(url, json={"comment": f"n{number}"}).raise_for_status()
        first, second = stranger.get(page).text, stranger.get(f"{page}?p=1").text
        assert ">n49</p>" in first
        assert ">n50</p>" not in first
        assert f'href="{page}?p=1">Later' in first
        assert ">n51</p>" in second
        answer = charlie_browser.submit(page, f"{page}/comment", text="new")
        assert answer.headers["location"].startswith(f"{page}?p=1#e-")

    def test_ids_of_two_comments_differ(self, charlie_browser: Browser, repo: str) -> None:
        page = begun(charlie_browser, repo, "Twice", text="# Same\n\n[to it](#same)")
        charlie_browser.submit(page, f"{page}/comment", text="# Same\n\n[to it](#same)")
        text = charlie_browser.get(page).text
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert sorted(set(ids)) == sorted(ids)
        for target in re.findall(r'href="#(card-[^"]+)"', text):
            assert target in ids

    @pytest.mark.parametrize("num", ["0", "99", "x", "1%00", "-1", "9" * 40, "%F0%9F%98%80"])
    def test_missing(self, stranger: Browser, repo: str, num: str) -> None:
        assert stranger.get(f"/{repo}/discussions/{num}").status_code == 404


class TestHostile:
    @pytest.mark.parametrize("text", [
        HOSTILE,
        "</textarea><script>alert(1)</script>",
        "<img src=x onerror=alert(1)> <a href='javascript:alert(1)'>x</a>",
        "\u202eturned\u202d \u2066isolated",
        "<style>*{display:none}</style><iframe src=//evil></iframe><form action=/logout>",
        "![x](http://evil.example/pixel.png) ![y](//evil.example/y.png)",
    ])  # fmt: skip
    def test_everywhere(
        self, alice_browser: Browser, charlie_browser: Browser, repo: str, text: str
    ) -> None:
        page = begun(charlie_browser, repo, text, text=text)
        charlie_browser.submit(page, f"{page}/comment", text=text)
        charlie_browser.submit(page, f"{page}/title", title=f"other {text}")
        for browser in (charlie_browser, alice_browser):
            for path in (page, f"/{repo}/discussions", f"/{repo}"):
                harmless(browser.get(path))

    def test_refused_keeps_what_was_typed(self, charlie_browser: Browser, repo: str) -> None:
        page = begun(charlie_browser, repo, "Hello", text="first")
        (uid,) = comment_ids(charlie_browser.get(page).text)
        huge = "</textarea><script>" + "x" * 70_000
        for action, fields in (
            (f"{page}/comment", {"text": huge}),
            (f"{page}/comment", {"text": " \n"}),
            (f"{page}/comment/{uid}/edit", {"text": huge}),
            (f"{page}/title", {"title": "</title><script>" + "y" * 200}),
            (f"{page}/title", {"title": ""}),
            (f"{page}/status", {"status": "merged"}),
            (f"{page}/merge", {}),
        ):
            hidden = charlie_browser.hidden(page, f"{page}/comment")
            answer = charlie_browser.post(action, data=hidden | fields)
            assert answer.status_code == (403 if action.endswith("merge") else 400), action
            assert 'role="alert"' in answer.text
            harmless(answer)
        assert charlie_browser.get(page).text.count('class="said"') == 1
        answer = charlie_browser.submit(
            page, f"{page}/comment/{uid}/edit", text="<b>" + "z" * 70_000
        )
        assert f'id="f-{uid}" name="text" rows="6" maxlength="65536" required>\n&lt;b&gt;zz' in (
            answer.text
        )

    def test_new_ones_refused(self, charlie_browser: Browser, repo: str) -> None:
        page = f"/{repo}/discussions/new"
        for fields in (
            {"title": "", "text": "x"},
            {"title": "x" * 201, "text": HOSTILE},
            {"title": HOSTILE, "text": "x" * 70_000},
            {"title": "x", "text": "x", "kind": HOSTILE},
        ):
            answer = charlie_browser.submit(page, **fields)
            assert answer.status_code == 400
            harmless(answer)
        for text in ("a\0b", "\udc80"):
            data = charlie_browser.hidden(page, page) | {"title": "x"}
            body = "&".join(f"{key}={value}" for key, value in data.items())
            body += "&text=" + ("a%00b" if text == "a\0b" else "%ED%B2%80")
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            assert charlie_browser.post(page, content=body, headers=headers).status_code == 400
        assert charlie_browser.submit(page, title="x", text="x" * 2**21).status_code == 413
        assert "0 found" in charlie_browser.get(f"/{repo}/discussions?status=all").text


class TestRights:
    def test_without_a_token_of_the_page(
        self, alice_browser: Browser, charlie_browser: Browser, stranger: Browser, repo: str
    ) -> None:
        page = begun(charlie_browser, repo, "Mine", text="first")
        for action, fields in acts(repo, page, comment_ids(stranger.get(page).text)[0]):
            assert stranger.post(action, data=fields).status_code == 401, action
            assert alice_browser.post(action, data=fields or {"x": ""}).status_code == 403, action
            evil = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
            hidden = alice_browser.hidden("/", "/logout")
            answer = alice_browser.post(action, data=hidden | fields, headers=evil)
            assert answer.status_code == 403, action
        text = stranger.get(page).text
        assert text.count('class="said"') == 1
        assert 'state open"' in text

    def test_of_others(
        self, alice_browser: Browser, charlie_browser: Browser, stranger: Browser, repo: str
    ) -> None:
        page = begun(alice_browser, repo, "Hers", text="first")
        (uid,) = comment_ids(stranger.get(page).text)
        hidden = charlie_browser.hidden(page, f"{page}/comment")
        for action, fields in acts(repo, page, uid):
            if action.rpartition("/")[2] in ("comment", "like", "new"):
                continue
            answer = charlie_browser.post(action, data=hidden | fields)
            assert answer.status_code == 403, action
        for word in ("/edit", "/hide", "/title", "/status", "/merge"):
            assert f'{word}"' not in charlie_browser.get(page).text
        # What alice may do and charlie wrote: she hides it, and does not change it.
        answer = charlie_browser.submit(page, f"{page}/comment", text="his")
        uid = answer.headers["location"].partition("#e-")[2]
        hidden = alice_browser.hidden(page, f"{page}/comment")
        answer = alice_browser.post(f"{page}/comment/{uid}/edit", data=hidden | {"text": "x"})
        assert answer.status_code == 403
        assert alice_browser.submit(page, f"{page}/comment/{uid}/hide").status_code == 303
        assert stranger.get(f"/{repo}/discussions/new").headers["location"].startswith("/login?")
        assert "/login?next=" in stranger.get(page).text

    def test_private_ones_tell_nothing(
        self, people: LiveHub, alice_browser: Browser, charlie_browser: Browser, repo: str
    ) -> None:
        page = begun(alice_browser, repo, "Ours", text="s3cret")
        (uid,) = comment_ids(alice_browser.get(page).text)
        with people.client("alice") as client:
            client.put(f"/api/models/{repo}/settings", json={"private": True}).raise_for_status()
        hidden = charlie_browser.hidden("/", "/logout")
        for path in (f"/{repo}/discussions", f"/{repo}/discussions/new", page, f"{page}/files"):
            missing = path.replace(repo, "alice/nothing")
            answers = [charlie_browser.get(it) for it in (path, missing)]
            assert [it.status_code for it in answers] == [404, 404], path
            assert "s3cret" not in answers[0].text
        for action, fields in acts(repo, page, uid):
            assert charlie_browser.post(action, data=hidden | fields).status_code == 404, action

    def test_gated_ones(
        self,
        people: LiveHub,
        alice_browser: Browser,
        charlie_browser: Browser,
        stranger: Browser,
        repo: str,
    ) -> None:
        page = begun(alice_browser, repo, "Ours", text="s3cret")
        (uid,) = comment_ids(alice_browser.get(page).text)
        with people.client("alice") as client:
            url = f"/api/models/{repo}/settings"
            client.put(url, json={"gated": "manual"}).raise_for_status()
        for path in (f"/{repo}/discussions", f"/{repo}/discussions/new", page, f"{page}/files"):
            assert stranger.get(path).headers["location"].startswith("/login?next="), path
            assert charlie_browser.get(path).status_code == 403, path
        assert "open</span>" not in charlie_browser.get(f"/{repo}").text
        hidden = charlie_browser.hidden("/", "/logout")
        for action, fields in acts(repo, page, uid):
            answer = charlie_browser.post(action, data=hidden | fields)
            # Its page may be seen, so that it may be liked.
            assert answer.status_code == (303 if action.endswith("/like") else 403), action
            assert "s3cret" not in answer.text


class TestLikes:
    def test_liked_and_not(self, charlie_browser: Browser, stranger: Browser, repo: str) -> None:
        page = f"/{repo}"
        for like, count in (("yes", "1 like"), ("yes", "1 like"), ("no", "0 likes")):
            answer = charlie_browser.submit(page, f"{page}/like", like=like)
            assert answer.headers["location"] == page
            assert f"{count}</span>" in stranger.get(page).text
        assert f"{page}/like" not in stranger.get(page).text
        assert "set-cookie" not in stranger.get(page).headers
