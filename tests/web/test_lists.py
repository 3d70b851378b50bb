"""Lists of repos as pages: found, narrowed, sorted, turned over; nothing private in them."""

import html
import re

import httpx
import pytest

from calls import commit, new_repo, put, unique
from live import LiveHub

WORD = "quillfish"
EVIL = (
    '---\nlicense: mit\nlibrary_name: "<b>bold</b>"\ntags: ["x\\" onmouseover=\\"alert(1)"]\n---\n'
)


def card(task: str, license: str = "mit") -> bytes:  # noqa: A002
    return f"---\nlicense: {license}\npipeline_tag: {task}\n---\n# {WORD}\n".encode()


@pytest.fixture(scope="module")
def repos(hub: LiveHub, alice: httpx.Client) -> dict[str, str]:
    """Some that one search finds: 33 small ones, others that differ, and a private one."""
    found = {}
    for name, text in {
        "translator": card("translation"),
        "talker": card("text-generation", "apache-2.0"),
        "evil": EVIL.encode(),
    }.items():
        found[name] = new_repo(alice, unique(f"{WORD}-{name}"))
        commit(alice, found[name], put("README.md", text))
    found["hidden"] = new_repo(alice, unique(f"{WORD}-hidden"), private=True)
    commit(alice, found["hidden"], put("README.md", card("translation")))
    for _ in range(33):
        new_repo(alice, unique(f"{WORD}-small"))
    hub.settle()
    return found


def names(page: str) -> list[str]:
    """Of the repos in a list, in their order."""
    found = re.findall(r'<a class="repo-name" href="/(?:datasets/|spaces/)?([^"]+)"', page)
    return [html.unescape(it) for it in found]


def get(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r'<style|<\w[^<>]*\s(on\w+|style)="', answer.text)
    assert answer.text.count("<script") == answer.text.count('<script type="module" src="/static/')
    return answer.text


def test_a_list(anyone: httpx.Client, repos: dict[str, str]) -> None:
    page = get(anyone, "/models?sort=created")
    assert len(names(page)) == 30
    assert re.search(r"<h1>Models", page)
    assert 'aria-current="page">Models' in page


@pytest.mark.parametrize("kind", ["datasets", "spaces", "kernels"])
def test_other_kinds(hub: LiveHub, alice: httpx.Client, anyone: httpx.Client, kind: str) -> None:
    repo = new_repo(alice, type=kind[:-1])
    hub.settle()
    page = get(anyone, f"/{kind}?sort=created")
    assert f'href="/{kind}/{repo}"' in page


def test_a_search(anyone: httpx.Client, repos: dict[str, str]) -> None:
    page = get(anyone, f"/models?search={WORD}-translator")
    assert names(page) == [repos["translator"]]
    assert f'value="{WORD}-translator"' in page
    assert "Nothing fits" in get(anyone, "/models?search=zzzznothingzzzz")


def test_narrowed(anyone: httpx.Client, repos: dict[str, str]) -> None:
    page = get(anyone, f"/models?search={WORD}&pipeline_tag=translation&sort=created")
    assert names(page) == [repos["translator"]]
    # Both values must fit, and each can be taken away.
    assert "Nothing fits" in get(
        anyone, f"/models?search={WORD}&pipeline_tag=translation&license=apache-2.0"
    )
    away = re.search(r'href="([^"]+)" aria-label="Remove translation"', page)
    assert away
    assert len(names(get(anyone, html.unescape(away[1])))) == 30


def test_facets_are_addresses(anyone: httpx.Client, repos: dict[str, str]) -> None:
    page = get(anyone, f"/models?search={WORD}")
    link = re.search(r'<a href="([^"]+)" rel="nofollow"><span>apache-2.0</span>', page)
    assert link
    assert names(get(anyone, html.unescape(link[1]))) == [repos["talker"]]


def test_pages_follow_each_other(anyone: httpx.Client, repos: dict[str, str]) -> None:
    path, seen = f"/models?search={WORD}&sort=created", list[str]()
    for _ in range(5):
        page = get(anyone, path)
        seen += names(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if not following:
            break
        path = html.unescape(following[1])
    assert len(seen) == len(set(seen)) == 36
    assert {it for it in seen if "small" not in it} == set(repos.values()) - {repos["hidden"]}


def test_nothing_private(alice: httpx.Client, anyone: httpx.Client, repos: dict[str, str]) -> None:
    for client in (anyone, alice):
        for query in (f"search={WORD}-hidden", f"search={WORD}&pipeline_tag=translation"):
            assert repos["hidden"] not in get(client, f"/models?{query}")


def test_words_of_strangers_are_text(anyone: httpx.Client, repos: dict[str, str]) -> None:
    page = get(anyone, f"/models?search={WORD}-evil")
    assert names(page) == [repos["evil"]]
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    for query in ('search="><script>alert(1)</script>', "author=<b>x</b>", "tag=" + '"><b>' * 9,
                  "origin=<b>x</b>", "search=%ff%fe%00"):  # fmt: skip
        assert "<b>" not in get(anyone, f"/models?{query}")


@pytest.mark.parametrize(
    "query",
    [
        "sort=best",
        "min=huge",
        "cursor=nowhere",
        "&".join(f"tag={n}" for n in range(40)),
        "search=" + "x" * 5000,
    ],
)
def test_what_is_wrong(anyone: httpx.Client, query: str) -> None:
    assert "That did not work" in get(anyone, f"/models?{query}", 400)
