"""Pages of fit: what fits some hardware, what a model fits, models side by side."""

import csv
import html
import io
import re
from collections.abc import Iterator

import httpx
import pytest

from browsing import Browser, logged_in
from live import LiveHub
from web.fitted import ADAPTER, BASE, FAR, HUGE, QUANTS

SIDE = f"/compare?ids={BASE},{QUANTS},{FAR}"
EVERY = [
    "/fit",
    "/fit?hardware=rtx-4090&task=text-generation&sort=downloads",
    "/fit?hardware=ram-64&origin=",
    f"/fit/{QUANTS}",
    f"/fit/{QUANTS}?hardware=rtx-4090&context=2048&gpus=2&parallel=4&cache=q8_0&engine=llama.cpp",
    f"/fit/{BASE}?hardware=8",
    f"/fit/{ADAPTER}",
    f"/fit/{FAR}?hardware=12",
    "/compare",
    SIDE,
    "/compare?ids=<b>bold</b>,a&add=%22onmouseover",
    "/models?origin=all&fits=24",
    "/models?origin=all&min=5&max=9&active_min=1&active_max=12",
]


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
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


def names(page: str) -> list[str]:
    found = re.findall(r'<a class="repo-name" href="/([^"?]+)', page)
    return [html.unescape(it) for it in found]


@pytest.mark.parametrize("path", EVERY)
def test_words_of_strangers_are_text(anyone: httpx.Client, path: str) -> None:
    page = get(anyone, path)
    assert "<b>bold" not in page
    assert not re.search(r"<\w[^<>]*\s(on\w+|style)=", page)
    assert "\u202e" not in page


@pytest.mark.parametrize("path", EVERY)
def test_links_lead_somewhere(anyone: httpx.Client, path: str) -> None:
    page = get(anyone, path)
    links = {html.unescape(it) for it in re.findall(r'(?:href|src)="(/[^"#]*)"', page)}
    for link in sorted(links)[:60]:
        assert anyone.get(link).status_code == 200, f"{link} on {path}"


class TestHardware:
    def test_only_what_fits(self, anyone: httpx.Client) -> None:
        assert set(names(get(anyone, "/fit?hardware=24"))) >= {FAR, QUANTS, BASE}
        assert HUGE not in names(get(anyone, "/fit?hardware=24"))
        assert FAR not in names(get(anyone, "/fit?hardware=12"))

    def test_here_alone(self, anyone: httpx.Client) -> None:
        assert set(names(get(anyone, "/fit?hardware=24&origin="))) == {QUANTS, BASE}

    def test_a_list_by_hardware_is_an_address(self, anyone: httpx.Client) -> None:
        page = get(anyone, "/models?origin=all&fits=12")
        assert FAR not in names(page)
        assert QUANTS in names(page)
        away = re.search(r'href="([^"]+)" aria-label="Remove Fits 12 GiB of VRAM"', page)
        assert away
        assert FAR in names(get(anyone, html.unescape(away[1])))

    @pytest.mark.parametrize(
        "path",
        ["/fit?hardware=nothing", "/fit?hardware=24&sort=x", "/models?fits=nothing",
         "/models?min=99", "/models?active_max=x", "/fit?hardware=0", "/fit?hardware=99999999",
         f"/fit/{QUANTS}?engine=x", f"/fit/{QUANTS}?cache=x", "/compare?format=pdf",
         "/compare?format=csv", "/compare?ids=" + ",".join(f"a/{n}" for n in range(9))],
    )  # fmt: skip
    def test_what_is_wrong(self, anyone: httpx.Client, path: str) -> None:
        assert "That did not work" in get(anyone, path, 400)

    def test_saved_in_a_cookie(self, hub: LiveHub) -> None:
        with Browser(hub) as browser:
            answer = browser.submit("/fit?hardware=rtx-4090", "/fit/hardware")
            assert (answer.status_code, answer.headers["location"]) == (303, "/fit")
            assert browser.cookies["hearthub_hardware"] == "rtx-4090"
            assert "GeForce RTX 4090" in get(browser, f"/{QUANTS}")
            assert "Fits my GeForce RTX 4090" in get(browser, "/models")

    def test_saved_in_the_account(self, hub: LiveHub) -> None:
        with logged_in(hub, "alice") as browser:
            browser.submit("/fit?hardware=ram-64", "/fit/hardware", next=f"/{QUANTS}")
            assert "hearthub_hardware" not in browser.cookies
            assert "For 64 GiB of RAM" in get(browser, f"/{QUANTS}")
        with logged_in(hub, "alice") as again:
            assert "64 GiB of RAM" in get(again, "/fit")

    def test_a_form_of_another_site_saves_nothing(self, hub: LiveHub) -> None:
        with Browser(hub) as browser:
            data = browser.hidden("/fit?hardware=24", "/fit/hardware")
            evil = browser.post("/fit/hardware", data=data, headers={"Origin": "https://x.example"})
            assert evil.status_code == 403
            stale = browser.post("/fit/hardware", data=data | {"csrf": "x"})
            assert stale.status_code == 403
            assert "hearthub_hardware" not in browser.cookies

    @pytest.mark.parametrize("value", ["<b>", "x" * 5000, "nothing", "%00", "../../etc"])
    def test_a_cookie_of_rubbish_is_none(self, anyone: httpx.Client, value: str) -> None:
        for path in (f"/{QUANTS}", "/models", "/fit"):
            answer = anyone.get(path, headers={"Cookie": f"hearthub_hardware={value}"})
            assert answer.status_code == 200
            assert "Verdict" not in answer.text


class TestModel:
    def test_memory_has_its_formula(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/fit/{BASE}?hardware=8")
        assert 'class="memory"' in page
        assert "2 layers x 4096 tokens x 2 heads x (16 + 16) f16" in page
        assert "1 GPU x 0.5 GiB of context and libraries" in page

    def test_the_matrix(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/fit/{QUANTS}?hardware=rtx-4090")
        heads = re.findall(r'<th scope="col">(Q4_0|Q8_0|F16)</th>', page)
        assert heads == ["Q4_0", "Q8_0", "F16"]
        assert page.count('<tr class="chosen">') == 1
        assert page.count('class="fits yes"') > 100

    def test_context_counts(self, anyone: httpx.Client) -> None:
        few = get(anyone, f"/fit/{BASE}?hardware=8&context=256")
        assert "256 tokens x 2 heads" in few

    def test_of_what_is_elsewhere_it_is_estimated(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/fit/{FAR}?hardware=12")
        assert "estimates" in page
        assert 'class="fits no"' in page

    def test_outsiders(self, anyone: httpx.Client) -> None:
        hidden = get(anyone, "/fit/alice/hidden", 404)
        assert hidden == get(anyone, "/fit/alice/hidden-none", 404)


class TestSideBySide:
    def test_a_page(self, anyone: httpx.Client) -> None:
        page = get(anyone, SIDE)
        assert [page.count(f"<bdi>{name}</bdi>") for name in (BASE, QUANTS, FAR)] == [1, 1, 1]
        assert "GeForce GTX 1650" in page

    def test_private_looks_like_missing(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/compare?ids={BASE},alice/hidden,nobody/x")
        for name in ("alice/hidden", "nobody/x"):
            assert f"<bdi>{name}</bdi> is not known here, or it is private" in page

    def test_csv(self, anyone: httpx.Client) -> None:
        answer = anyone.get(f"{SIDE}&format=csv")
        assert answer.headers["content-type"].startswith("text/csv")
        assert "attachment" in answer.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["model"] for row in rows] == [BASE, QUANTS, FAR]
        assert not any(
            value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values()
        )

    def test_markdown(self, anyone: httpx.Client) -> None:
        answer = anyone.get(f"{SIDE}&format=md")
        assert answer.headers["x-content-type-options"] == "nosniff"
        lines = answer.text.strip().split("\n")
        assert len(lines) == 5
        assert "\\<b\\>bold" in answer.text
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1

    def test_one_is_taken_away(self, anyone: httpx.Client) -> None:
        page = get(anyone, f"/compare?ids={BASE}&add={FAR}")
        away = re.search(rf'href="([^"]+)" aria-label="Remove {BASE}"', page)
        assert away
        rest = get(anyone, html.unescape(away[1]))
        assert FAR in rest
        assert f"<bdi>{BASE}</bdi>" not in rest


class TestLists:
    def test_sizes(self, anyone: httpx.Client) -> None:
        large = names(get(anyone, "/models?origin=all&min=7"))
        assert set(large) == {FAR, HUGE, f"{FAR}-GGUF"}
        assert set(names(get(anyone, "/models?origin=all&min=7&max=12"))) == {FAR, f"{FAR}-GGUF"}
        assert set(names(get(anyone, "/models?origin=all&active_min=12"))) == {HUGE}

    def test_base_models(self, anyone: httpx.Client) -> None:
        page = get(anyone, "/models?origin=all")
        assert re.search(r'href="[^"]*base_model=alice%2Fbase[^"]*" rel="nofollow"', page)
        found = names(get(anyone, f"/models?origin=all&base_model={BASE}"))
        assert set(found) == {QUANTS, ADAPTER, "far/child"}

    def test_a_fragment_for_the_script(self, anyone: httpx.Client) -> None:
        part = get(anyone, "/models?origin=all&search=base&fragment=1")
        assert "<html" not in part
        assert set(names(part)) == set(names(get(anyone, "/models?origin=all&search=base")))
        assert "fragment" not in part
