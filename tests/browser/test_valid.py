"""Every page that a crawl finds is valid HTML, as html-validate has it: elements where they may be,
ids once, labels of one thing, landmarks told apart."""

import json
import subprocess
from pathlib import Path

import pytest

from browsing import Browser
from needs import html_validate
from web.crawling import Crawl
from web.peopled import PRIVATE, peopled_hub
from web.test_crawl import SEEDS

pytestmark = pytest.mark.browser
MATTERS_OF_STYLE = """attribute-boolean-style attribute-empty-style attr-quotes void-style
doctype-style no-raw-characters no-trailing-whitespace no-implicit-button-type long-title
prefer-native-element""".split()
NOT_OURS = {
    "require-sri": "what is of this host needs none",
    "wcag/h32": "the search of each page is sent by Enter",
}
RULES = {
    "root": True,
    "extends": ["html-validate:standard", "html-validate:a11y"],
    "rules": {"no-inline-style": "error", **dict.fromkeys([*MATTERS_OF_STYLE, *NOT_OURS], "off")},
}


def test_pages_are_valid(tmp_path: Path) -> None:
    program, pages, rules = html_validate(), tmp_path / "pages", tmp_path / "rules.json"
    rules.write_text(json.dumps(RULES))
    pages.mkdir()
    addresses: dict[str, str] = {}
    with peopled_hub(tmp_path / "hub") as hub:
        for person in (None, "alice", "root"):
            with Browser(hub) as browser:
                if person:
                    browser.log_in(person)
                found = Crawl(browser, [], alike=2).follow(*SEEDS, guessed=PRIVATE)
            for address, text in found.pages.items():
                if text:
                    name = f"{len(addresses)}.html"
                    addresses[name] = f"{address} as {person}"
                    (pages / name).write_text(text)
    assert len(addresses) > 300
    words = ["node", program, "--config", rules, "--formatter", "json", f"{pages}/*.html"]
    told = tmp_path / "said.json"  # to a pipe it does not write all
    with told.open("w") as out:
        subprocess.run(words, stdout=out, timeout=900, check=False)
    said = json.loads(told.read_text())
    wrong = {
        (it["ruleId"], it["message"]): f"{addresses[Path(file['filePath']).name]}: {it['selector']}"
        for file in said
        for it in file["messages"]
    }
    assert wrong == {}
