"""What strangers wrote everywhere that they can: no page fails on it, takes it for markup, or is
turned around by it."""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import httpx
import pytest

from browsing import Browser, logged_in
from live import LiveHub
from web.crawling import Crawl, Parsed
from web.peopled import peopled_hub
from web.strangers import FOLDER, NAME, REF, REPO, RUNS, TURNS, write_everywhere

SEEDS = (
    f"/{REPO}", f"/{REPO}/tree/main", f"/{REPO}/tree/main/{FOLDER}", f"/{REPO}/commits/main",
    f"/{REPO}/branches", f"/{REPO}/discussions", f"/{REPO}/discussions/2/files",
    f"/{REPO}/tree/{quote(REF, safe='')}", f"/{REPO}/blob/main/w.safetensors",
    f"/{REPO}/blob/main/w-Q4_0.gguf", "/charlie/guarding", "/charlie/guarding/settings/access",
    "/charlie", "/collections?owner=charlie", "/settings/tokens", "/settings/webhooks",
    "/settings/audit-log", f"/compare?ids={REPO},evil/plain",
    "/evil/plain", "/evil/plain/history", "/pulse?source=evil-source",
    "/pulse/weekly?source=evil-source", "/pulse/state/evil-source/2026-04-19",
    "/pulse/metrics/risers?source=evil-source", "/pulse/metrics/share_licence?source=evil-source",
    "/models?author=evil&origin=all", f"/datasets?{urlencode({'search': RUNS})}",
    f"/new?{urlencode({'name': RUNS, 'owner': RUNS})}",
    f"/{REPO}/upload/main?{urlencode({'folder': RUNS})}",
)  # fmt: skip
ADDRESSES = {
    "/": "rising",
    "/models": "search sort origin fits min max active_min active_max cursor fragment pipeline_tag "
    "library format quantization license language base_model author tag",
    "/fit": "hardware task origin sort next cursor",
    f"/fit/{REPO}": "hardware file context parallel cache gpus engine",
    "/compare": "ids add format",
    "/login": "next",
    "/oauth/device": "user_code",
    "/collections": "owner after",
    "/collections/new": "owner",
    "/new": "owner name",
    "/pulse": "type sort source universe lang",
    "/pulse/weekly": "source page lang",
    "/pulse/weekly/evil-source": "lang x",
    "/pulse/state": "source lang",
    "/pulse/state/evil-source": "lang x",
    "/pulse/metrics": "source lang",
    "/pulse/metrics/share_licence": "source by window type universe where since until at k base "
    "lang",
    "/pulse/claims": "source verdict lang",
    "/evil/plain": "source",
    "/evil/plain/history": "source",
    f"/{REPO}": "hardware",
    f"/{REPO}/tree/main": "after",
    f"/{REPO}/blob/main/w.safetensors": "tensor from code all",
    f"/{REPO}/commits/main": "p from",
    f"/{REPO}/discussions": "status type p",
    f"/{REPO}/discussions/1": "p",
    f"/{REPO}/upload/main": "folder",
    "/charlie/guarding/settings/access": "status before",
    "/settings/tokens": "said",
    "/settings/audit-log": "before",
    "/charlie": "after said",
}
"""What pages read from their address. In the path, too, strangers lead others anywhere."""
PLACES = (
    "/{}", "/{}/x", "/x/{}", "/models/{}", "/pulse/{}", "/pulse/metrics/{}", "/pulse/weekly/{}",
    "/pulse/weekly/evil-source/{}", "/collections/charlie/{}", "/organizations/{}/settings",
    f"/{REPO}/tree/{{}}", f"/{REPO}/blob/main/{{}}", f"/{REPO}/commit/{{}}",
    f"/{REPO}/compare/{{}}", f"/{REPO}/compare/main..{{}}", f"/{REPO}/discussions/{{}}",
    f"/{REPO}/edit/main/{{}}", "/fit/{}/x", "/settings/webhooks/{}", "/static/{}",
)  # fmt: skip
VALUES = (RUNS, NAME, f"{TURNS}turned", "a\0b", "\ud800", "-1", "9" * 40, "")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    folder = tmp_path_factory.mktemp("written")
    with peopled_hub(folder / "hub") as hub:
        write_everywhere(hub, folder)
        hub.settle()
        yield hub


@pytest.fixture(scope="module")
def charlie(written: LiveHub) -> Iterator[Browser]:
    with logged_in(written, "charlie") as browser:
        yield browser


def test_the_pages_of_what_they_wrote(charlie: Browser) -> None:
    crawl = Crawl(charlie, [], alike=3).follow(*SEEDS, guessed=SEEDS)
    # The same path is offered at each other revision, where it may not be.
    wrong = {
        address: left for address, found in crawl.wrong.items()
        if (left := [it for it in found if not it.startswith("404, linked")])
    }  # fmt: skip
    assert wrong == {}
    # What is refused where it is written proves nothing.
    silent = [seed for seed in SEEDS if "evil" not in crawl.pages[seed]]
    assert silent == []


def test_to_those_who_look_after_it(written: LiveHub) -> None:
    pages = ("/admin/users", "/admin/jobs", "/admin/storage", "/admin/audit-log", "/settings")
    with logged_in(written, "root") as root:
        for address in (*pages, f"/{REPO}", "/dana"):
            assert Parsed(root.get(address).text).wrong == [], address
    with logged_in(written, "dana") as dana:
        page = dana.get("/settings/sessions").text
        assert "x-evil" in page
        assert Parsed(page).wrong == []
    with logged_in(written, "bob") as bob:
        assert Parsed(bob.get("/charlie/guarding").text).wrong == []


@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_in_addresses(charlie: Browser, value: str) -> None:
    told = quote(value.encode(errors="surrogatepass"), safe="")
    addresses = [f"{path}?{it}={told}" for path, words in ADDRESSES.items() for it in words.split()]
    addresses += [place.format(told) for place in PLACES if value]
    found = {address: wrong_with(charlie.get(address)) for address in addresses}
    assert {address: said for address, said in found.items() if said} == {}


def wrong_with(answer: httpx.Response) -> list[str]:
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    found = Parsed(answer.text).wrong if is_page else []
    location = answer.headers.get("location", "")
    # A browser takes what begins with two slashes for another host.
    is_away = re.match(r"[\s/\\]{2}|[a-z]+:", location)
    if answer.status_code >= 500 or is_away:
        found.append(f"{answer.status_code} {location}")
    return found
