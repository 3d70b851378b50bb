"""History, commits with their diffs, branches and tags as pages."""

import html
import re

import httpx
import pytest

from calls import commit, delete, head, new_repo, put, put_lfs, unique, upload_lfs
from hearthub.app import open_hub
from hearthub.registry import Commit
from hearthub.registry.gitformat import Kind, Signature, encode_commit
from hearthub.settings import Settings
from live import LiveHub
from tests.web.test_files import assert_harmless, get, links

LINES = [f"line {number}" for number in range(200)]


def text_of(lines: list[str]) -> bytes:
    return "\n".join([*lines, ""]).encode()


@pytest.fixture(scope="module")
def repo(alice: httpx.Client) -> dict[str, str]:
    """Its name, and some commits by what they did."""
    name = new_repo(alice, unique("history"))
    changed = LINES.copy()
    changed[100] = "line <b>100</b> \u202e turned"
    evil = "<script>alert(1)</script> \u202etitle"
    data = b"some large bytes"
    oid = upload_lfs(alice, name, data)
    found = {"name": name, "first": head(alice, name)}
    found["made"] = commit(
        alice,
        name,
        put("a.txt", text_of(LINES)),
        put("b.bin", b"\0\1\2"),
        put("c.txt", b"same\n" * 9),
        put("d/e.py", b"x = 1\n"),
        summary="make them",
    )
    found["evil"] = commit(
        alice,
        name,
        put("a.txt", text_of(changed)),
        put("b.bin", b"\0\1\2\3"),
        delete("c.txt"),
        put("moved/c.txt", b"same\n" * 9),
        put_lfs("large.bin", oid, len(data)),
        put("end.txt", b"no end"),
        summary=evil,
        description="more <i>words</i>\n\n- and a list",
    )
    found["last"] = commit(alice, name, put("a.txt", text_of(LINES)), summary="take it back")
    return found


class TestCommits:
    def test_all(self, anyone: httpx.Client, repo: dict[str, str]) -> None:
        text = get(anyone, f"/{repo['name']}/commits/main")
        assert "4 commits" in text
        order = [it.rpartition("/")[2] for it in dict.fromkeys(links(text, "commit"))]
        assert order == [repo[it] for it in ("last", "evil", "made", "first")]
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text

    def test_of_a_file_and_of_a_folder(self, anyone: httpx.Client, repo: dict[str, str]) -> None:
        def of(path: str) -> list[str]:
            text = get(anyone, f"/{repo['name']}/commits/{path}")
            return [it.rpartition("/")[2] for it in dict.fromkeys(links(text, "commit"))]

        assert of("main/a.txt") == [repo[it] for it in ("last", "evil", "made")]
        assert of("main/d") == [repo["made"]]
        assert of(f"{repo['evil']}/a.txt") == [repo[it] for it in ("evil", "made")]
        get(anyone, f"/{repo['name']}/commits/main/c.txt", 404)
        assert of(f"main/a.txt?from={repo['made']}") == [repo["made"]]
        get(anyone, f"/{repo['name']}/commits/main/a.txt?from=nope", 404)

    def test_pages(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        name = new_repo(alice)
        for number in range(55):
            commit(alice, name, put("x", b"%d" % number), summary=f"number {number}")
        for path in ("commits/main", "commits/main/x"):
            first = get(anyone, f"/{name}/{path}")
            assert first.count('class="what"') == 50
            older = re.search(r'href="([^"]+)">Older', first)
            assert older
            second = get(anyone, html.unescape(older[1]))
            assert ">number 4<" in second
            assert ">number 5<" not in second
            assert ">Older" not in second
        assert "no-such" not in get(anyone, f"/{name}/commits/main?p=99999999999")
        assert get(anyone, f"/{name}/commits/main?p=-1%00") == get(anyone, f"/{name}/commits/main")


class TestCommit:
    def test_what_changed(self, anyone: httpx.Client, repo: dict[str, str]) -> None:
        text = get(anyone, f"/{repo['name']}/commit/{repo['evil']}")
        assert "5 changed files" in text
        assert "<del><i>101</i><i></i>-line 100\n</del>" in text
        assert "+line &lt;b&gt;100&lt;/b&gt; ⟦U+202E⟧ turned" in text
        assert "@@ -98,7 +98,7 @@" in text
        assert "line 96\n" not in text
        assert "⟦no newline at the end⟧" in text
        kinds = re.findall(r'<span class="tag (\w+)">', text)
        assert sorted(kinds) == ["added", "added", "changed", "changed", "moved"]
        assert "Kept as a large file" in text
        assert "Not text" in text
        assert "c.txt</bdi> →" in text
        assert "more &lt;i&gt;words&lt;/i&gt;" in text
        assert [repo["made"]] == [
            it.rpartition("/")[2] for it in dict.fromkeys(links(text, "commit"))
        ]

    def test_the_first(self, anyone: httpx.Client, repo: dict[str, str]) -> None:
        text = get(anyone, f"/{repo['name']}/commit/{repo['first']}")
        assert "it is the first" in text
        assert "+*.7z filter=lfs" in text

    def test_by_a_branch_and_by_a_few_digits(
        self, anyone: httpx.Client, repo: dict[str, str]
    ) -> None:
        pages = {
            get(anyone, f"/{repo['name']}/commit/{rev}")
            for rev in ("main", repo["last"], repo["last"][:9])
        }
        assert len(pages) == 1

    def test_one_that_changes_too_much(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        name = new_repo(alice)
        made = commit(alice, name, *(put(f"{n:03}.txt", b"hello\n") for n in range(310)))
        text = get(anyone, f"/{name}/commit/{made}")
        assert "300 and more changed files" in text
        assert text.count("+hello") == 50
        assert "too much has changed" in text

    def test_texts_that_are_slow_to_compare(
        self, alice: httpx.Client, anyone: httpx.Client
    ) -> None:
        """difflib takes the square of such lines, and more."""
        name = new_repo(alice)
        names = [f"{n}.txt" for n in range(6)]
        before = [f"{n % 150}" for n in range(20_000)]
        after = [f"{n * 7 % 151}" for n in range(20_000)]
        commit(alice, name, *(put(it, text_of(before)[: 128 * 1024]) for it in names))
        made = commit(alice, name, *(put(it, text_of(after)[: 128 * 1024]) for it in names))
        answer = anyone.get(f"/{name}/commit/{made}", timeout=60)
        assert_harmless(answer)
        assert answer.elapsed.total_seconds() < 20
        assert len(answer.content) < 4_000_000
        assert "6 changed files" in answer.text

    def test_clocks_that_are_wrong_by_millennia(
        self, hub: LiveHub, alice: httpx.Client, anyone: httpx.Client
    ) -> None:
        """Git's own rules let them pass, so that a push may bring them."""
        name = new_repo(alice)
        with open_hub(Settings(data=hub.data)) as parts:
            repo = parts.registry.repo(parts.accounts.actor("alice"), "model", name)
            who = Signature("who & co", "a@x", 10**17)
            tree = parts.registry.commit_at(repo, parts.registry.head(repo)).tree
            data = encode_commit(Commit(tree, (), who, who, "\n\n \u202e"))
            [oid] = parts.registry._objects.write(repo.id, [(Kind.COMMIT, data)])
            parts.registry._refs.create(repo.id, "refs/heads/odd", oid, oid)
        for page in ("tree/odd", "commits/odd", "commit/odd", "branches", "blob/odd/.gitattributes",
                     f"commits/odd/.gitattributes?from={oid}"):  # fmt: skip
            text = get(anyone, f"/{name}/{page}")
            assert "who &amp; co" in text or page == "branches"
            assert "<time" not in text or page == "branches"
        dates = [it["date"] for it in anyone.get(f"/api/models/{name}/commits/odd").json()]
        assert dates == ["9999-12-31T23:59:59.999Z"]


class TestCompare:
    def test_two_revisions(self, anyone: httpx.Client, repo: dict[str, str]) -> None:
        text = get(anyone, f"/{repo['name']}/compare/{repo['made']}..main")
        assert "4 changed files" in text  # a.txt is as it was
        assert ">a.txt" not in text
        back = get(anyone, f"/{repo['name']}/compare/main..{repo['made'][:9]}")
        assert sorted(re.findall(r'<span class="tag (\w+)">', back)) == [
            "changed", "deleted", "deleted", "moved"
        ]  # fmt: skip
        assert "0 changed files" in get(anyone, f"/{repo['name']}/compare/main..main")

    def test_since_they_parted(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        name = new_repo(alice)
        alice.post(f"/api/models/{name}/branch/side%2Fway", json={})
        commit(alice, name, put("ours.txt", b"ours\n"))
        commit(alice, name, put("theirs.txt"), rev="side%2Fway")
        two = get(anyone, f"/{name}/compare/main..side%2Fway")
        assert "2 changed files" in two
        three = get(anyone, f"/{name}/compare/main...side%2Fway")
        assert "1 changed file" in three
        assert ">theirs.txt<" in three

    @pytest.mark.parametrize("span", ["main", "..main", "main..", "main..nope", "nope..main",
                                      "%ff..main", "main..%00", "....", "a..b..c"])  # fmt: skip
    def test_no_such(self, anyone: httpx.Client, repo: dict[str, str], span: str) -> None:
        answer = anyone.get(f"/{repo['name']}/compare/{span}")
        assert answer.status_code == (400 if "%00" in span else 404)
        assert_harmless(answer)


class TestBranches:
    def test_names_with_slashes(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        name = new_repo(alice)
        api = f"/api/models/{name}"
        for branch in ("feature%2Fx%2Fy", "caf%C3%A9", "a%22%26b"):
            assert alice.post(f"{api}/branch/{branch}", json={}).status_code == 200
        alice.post(f"{api}/tag/main", json={"tag": "v1.0", "message": "words"})
        text = get(anyone, f"/{name}/branches")
        for rev in ("main", "feature%2Fx%2Fy", "caf%C3%A9", "a%22%26b", "v1.0"):
            assert f'href="/{name}/tree/{rev}"' in text, rev
            below = get(anyone, f"/{name}/tree/{rev}")
            assert f'href="/{name}/blob/{rev}/.gitattributes"' in below
            assert f'href="/{name}/tree/feature%2Fx%2Fy"' in below
            assert f'href="/{name}/resolve/{rev}/.gitattributes"' in below

    def test_pull_requests(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        name = new_repo(alice)
        made = alice.post(
            f"/api/models/{name}/discussions",
            json={"title": "t", "description": "d", "pullRequest": True},
        )
        assert made.status_code == 200, made.text
        assert f'href="/{name}/tree/refs%2Fpr%2F1"' in get(anyone, f"/{name}/branches")
        plain = get(anyone, f"/{name}/tree/refs/pr/1")
        assert plain == get(anyone, f"/{name}/tree/refs%2Fpr%2F1")
        assert f'href="/{name}/blob/refs%2Fpr%2F1/.gitattributes"' in plain
