"""The page of a repo, hosted or observed: what it says, and what it never does."""

import html
import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from calls import commit, new_repo, put, unique
from hearthub.app import open_hub
from hearthub.catalogue import Counters, Facts, Listing
from hearthub.settings import Settings
from hearthub.web.rendering import tag_name
from live import LiveHub
from pulse.lakes import history, panel
from web.fitted import ADAPTER, BASE, ELSEWHERE, FAR, HUGE, OTHER, QUANTS

EVERY = [
    f"/{BASE}",
    f"/{QUANTS}?hardware=rtx-4090",
    f"/{ADAPTER}",
    f"/{FAR}",
    f"/{FAR}?source={OTHER}&hardware=8",
    f"/{FAR}/history",
    f"/{HUGE}",
    "/datasets/alice/some-dataset",
    "/spaces/alice/some-space",
    "/datasets/far/rows",
]


SCORED = b"""---
model-index:
- name: scored
  results:
  - dataset: {name: MMLU, type: mmlu}
    metrics: [{type: accuracy, value: 71.75}]
---
"""


@pytest.fixture(scope="module")
def hub(fitted: LiveHub) -> LiveHub:
    return fitted


@pytest.fixture(scope="module")
def anyone(hub: LiveHub) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


def get(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    return answer.text


@pytest.mark.parametrize("path", EVERY)
def test_words_of_strangers_are_text(anyone: httpx.Client, path: str) -> None:
    page = get(anyone, path)
    assert "<b>bold" not in page
    assert not re.search(r"<\w[^<>]*\s(on\w+|style)=", page)
    assert not re.search(r'(href|src)="\s*(javascript|data):', page, re.IGNORECASE)
    assert "\u202e" not in page
    scripts = re.findall(r"<script[^>]*>", page)
    assert all(re.fullmatch(r'<script type="module" src="/static/\w+\.js">', it) for it in scripts)


@pytest.mark.parametrize("path", EVERY)
def test_links_lead_somewhere(anyone: httpx.Client, path: str) -> None:
    page = get(anyone, path)
    for link in {html.unescape(it) for it in re.findall(r'(?:href|src)="(/[^"#]*)"', page)}:
        answer = anyone.get(link)
        assert answer.status_code == 200, f"{link} on {path}: {answer.status_code}"


class TestHosted:
    def test_the_card(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/{BASE}")
        assert "A <em>small</em> model" in page
        assert f'src="/{BASE}/resolve/main/images/logo.png"' in page
        assert f'href="/{BASE}/blob/main/docs/notes.md"' in page
        assert "<math" in page

    def test_what_it_is(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/{BASE}")
        assert "LlamaForCausalLM" in page
        assert "4,096 tokens" in page
        assert ">BF16</span>" in page
        assert re.search(r'title="139,584">140 K<', page)

    def test_results_with_their_setting_and_source(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/{BASE}")
        assert "80.25" in page
        assert "shots 10" in page
        assert 'href="https://results.example/x"' in page
        assert "self-reported" in page

    def test_results_of_a_model_whose_weights_nobody_can_read(self, hub: LiveHub) -> None:
        with hub.client("alice") as alice, hub.client() as anyone:
            name = new_repo(alice, unique("scored"))
            commit(alice, name, put("README.md", SCORED))
            hub.settle()
            assert "71.75" in get(anyone, f"/{name}")
            alice.put(f"/api/models/{name}/settings", json={"gated": "manual"})
            assert "71.75" not in get(anyone, f"/{name}"), "its card is for whom its owner chose"

    def test_the_licence_has_a_class(self, anyone: httpx.Client) -> None:
        assert "(permissive)" in get(anyone, f"/{QUANTS}")

    def test_quantisations_without_hardware(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/{QUANTS}")
        assert "Choose your hardware" in page
        assert all(f">{label}</a>" in page for label in ("Q4_0", "Q8_0", "F16"))
        assert "Verdict" not in page

    def test_quantisations_with_hardware(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/{QUANTS}?hardware=rtx-4090")
        assert page.count('class="fits yes"') == 3
        assert "GeForce RTX 4090" in page
        best = re.search(r'<tr class="best">.*?>([\w.]+)</a>', page, re.DOTALL)
        assert best
        assert best[1] == "F16"
        assert "Too large" in get(anyone, f"/{QUANTS}?hardware=0.1")

    def test_hardware_that_nobody_knows(self, anyone: httpx.Client) -> None:
        assert "That did not work" in get(anyone, f"/{QUANTS}?hardware=nothing-of-this-name", 400)

    def test_commands_for_each_engine(self, hub: LiveHub, anyone: httpx.Client) -> None:
        page = html.unescape(get(anyone, f"/{QUANTS}"))
        assert "llama-server -hf alice/base-GGUF" in page
        assert f"HF_ENDPOINT={hub.url}" in page
        assert "vllm serve" in html.unescape(get(anyone, f"/{BASE}"))

    def test_the_tree_up_and_down(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/{BASE}")
        for name in ("far/child", ADAPTER, QUANTS):
            assert f'<a href="/{name}"><bdi>{name}</bdi></a>' in page
        assert "base_model%3Aquantized%3Aalice%2Fbase" in page
        assert f'<a href="/{BASE}"><bdi>{BASE}</bdi></a>' in get(anyone, f"/{QUANTS}")

    def test_an_adapter_needs_its_base(self, anyone: httpx.Client) -> None:
        assert "memory is of alice/base with this adapter" in get(anyone, f"/{ADAPTER}")

    def test_a_private_base_is_told_to_nobody_else(
        self, hub: LiveHub, anyone: httpx.Client
    ) -> None:
        with hub.client("alice") as alice:
            alice.put(f"/api/models/{BASE}/settings", json={"private": True})
            hub.settle()
            try:
                page = get(anyone, f"/{ADAPTER}?hardware=8")
            finally:
                alice.put(f"/api/models/{BASE}/settings", json={"private": False})
                hub.settle()
        assert "could not be read" in page
        assert f'href="/{BASE}"' not in page

    def test_gated_tells_what_lists_tell(self, hub: LiveHub, anyone: httpx.Client) -> None:
        with hub.client("alice") as alice:
            alice.put(f"/api/models/{BASE}/settings", json={"gated": "manual"})
            try:
                page = get(anyone, f"/{BASE}?hardware=8")
            finally:
                alice.put(f"/api/models/{BASE}/settings", json={"gated": False})
        assert "Its owner decides who may read the files." in page
        assert "small</em>" not in page
        assert "80.25" not in page
        assert "LlamaForCausalLM" not in page

    def test_downloads_as_a_line(self, hub: LiveHub, anyone: httpx.Client) -> None:
        assert 'class="spark"' not in get(anyone, f"/{QUANTS}")
        for _ in range(3):
            assert anyone.get(f"/{BASE}/resolve/main/config.json").status_code == 200
        page = shown_after_counting(anyone, f"/{BASE}", 'class="spark"')
        assert "Downloads of each of the last 30 days: 3 in all" in page

    def test_datasets_and_spaces(self, anyone: httpx.Client) -> None:
        page = html.unescape(get(anyone, "/datasets/alice/some-dataset"))
        assert 'load_dataset("alice/some-dataset")' in page
        assert "--repo-type space" in get(anyone, "/spaces/alice/some-space")


def shown_after_counting(client: httpx.Client, path: str, text: str) -> str:
    """Downloads are written every two seconds."""
    for _ in range(40):
        if text in (page := get(client, path)):
            return page
        time.sleep(0.25)
    raise AssertionError(f"{text} does not come")


class TestObserved:
    def test_what_was_told(self, anyone: httpx.Client) -> None:
        page = html.unescape(get(anyone, f"/{FAR}"))
        assert "900" in page
        assert f"https://{ELSEWHERE}/{FAR}" in page
        assert f"hearthub import {FAR} --from https://{ELSEWHERE}" in page
        assert "far/base-7b-GGUF" in page

    def test_another_source(self, anyone: httpx.Client) -> None:
        assert f"https://{OTHER}/{FAR}" in get(anyone, f"/{FAR}?source={OTHER}")
        assert "was not observed on" in get(anyone, f"/{FAR}?source=<b>x</b>", 404)

    def test_whether_it_fits(self, anyone: httpx.Client) -> None:
        assert 'class="fits yes"' in get(anyone, f"/{FAR}?hardware=24")
        assert 'class="fits no"' in get(anyone, f"/{HUGE}?hardware=24")

    def test_choosing_hardware_leads_back(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/{FAR}?source={OTHER}")
        back = quote(f"/{FAR}?source={OTHER}", safe="")
        assert f'href="/fit?next={back}"' in page
        saved = get(anyone, f"/fit?next={back}&hardware=a16")
        assert f'name="next" value="/{FAR}?source={OTHER}"' in saved

    def test_lists_lead_there(self, anyone: httpx.Client) -> None:
        page = get(anyone, "/models?origin=all&search=base-7b")
        assert f'href="/{FAR}?source={OTHER}"' in page

    def test_the_command_names_other_kinds(self, anyone: httpx.Client) -> None:
        assert "--type dataset" in html.unescape(get(anyone, "/datasets/far/rows"))

    def test_what_is_here_wins(self, hub: LiveHub, anyone: httpx.Client) -> None:
        """And what is private here looks as if it were not here."""
        with open_hub(Settings(data=hub.data, min_free=0)) as parts:
            parts.catalogue.observe([
                Listing("model", name, Facts(), Counters(0, 0, downloads=7), origin=ELSEWHERE)
                for name in (QUANTS, "alice/hidden")
            ])  # fmt: skip
            assert "Observed</span>" not in get(anyone, f"/{QUANTS}")
            page = get(anyone, "/alice/hidden")
            parts.catalogue.forget("model", [QUANTS, "alice/hidden"], ELSEWHERE)
        assert "Observed</span>" in page
        assert "the-secret" not in page
        gone = anyone.get("/alice/hidden")
        assert (gone.status_code, gone.text) == (404, anyone.get("/alice/hidden-none").text)

    def test_how_its_counters_went(self, hub: LiveHub, anyone: httpx.Client) -> None:
        assert "Nobody told" in get(anyone, f"/{FAR}/history")
        with open_hub(Settings(data=hub.data, min_free=0)) as parts:
            rows = history({FAR: 2.0, "far/other": 9.0}, last=5)
            panel(parts.pulse.lake, hub.data, rows, origin=ELSEWHERE)
        page = get(anyone, f"/{FAR}/history")
        assert re.search(r"2026-03-05</th>.*?>800<.*?>8<", page, re.DOTALL)
        assert page.count("<tr>") == 6
        assert 'class="spark"' in page


def test_nobody_knows_it(anyone: httpx.Client) -> None:
    for path in ("/nobody/nothing", "/nobody/nothing/history", "/datasets/far/base-7b"):
        assert "There is no such page" in get(anyone, path, 404)


def test_how_tags_are_shown() -> None:
    as_they_are = ("arxiv:2311.12983", "language:", "a:b", "plain", ":x")
    shown = {tag: tag for tag in as_they_are}
    shown |= {"task_categories:translation": "translation", "size_categories:n<1K": "n<1K"}
    assert {tag: tag_name(tag) for tag in shown} == shown
