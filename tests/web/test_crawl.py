"""Every page that a link leads to, as everybody there is: none fails, none leaks, none runs what a
stranger wrote."""

from collections.abc import Iterator

import pytest

from browsing import Browser
from live import LiveHub
from web.crawling import Crawl
from web.peopled import CAST, GUARDED, PEOPLE, PRIVATE, peopled_hub

SEEDS = ("/", "/login", "/signup", "/collections", "/alice", "/acme", "/charlie",
         "/charlie/hostile", "/models?origin=all", "/datasets?origin=all", "/spaces",
         "/fit?hardware=rtx-4090", "/pulse", "/pulse/claims", "/far/base-7b",
         "/compare?ids=alice/base,charlie/hostile", "/settings", "/new",
         "/oauth/device", "/alice/guarded", "/olive", "/olive/gate", "/guild")  # fmt: skip


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with peopled_hub(tmp_path_factory.mktemp("peopled")) as hub:
        yield hub


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_every_link(peopled: LiveHub, person: str | None) -> None:
    with Browser(peopled) as browser:
        if person:
            assert browser.log_in(person).status_code == 303
        guarded = [word for word, readers in GUARDED.items() if person not in readers]
        # What differs between those of the cast are its own pages, of which there are few.
        alike = 2 if person in CAST else 4
        crawl = Crawl(browser, guarded, alike).follow(*SEEDS, guessed=PRIVATE)
    assert crawl.wrong == {}
    assert len(crawl.pages) > 150
    for word, readers in GUARDED.items():
        seen = "".join(text for address, text in crawl.pages.items() if word not in address)
        # A word that its readers do not find guards nothing.
        assert (word in seen) == (person in readers), word
