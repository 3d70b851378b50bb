"""Words of the frame of pages."""

import re
import tomllib
from pathlib import Path

import hearthub.web

WEB = Path(hearthub.web.__file__).parent
WORDS = tomllib.loads((WEB / "words.toml").read_text("utf-8"))


def test_both_languages_say_the_same_things() -> None:
    assert list(WORDS) == ["en", "ja"]
    assert list(WORDS["en"]) == list(WORDS["ja"])
    for key, english in WORDS["en"].items():
        slots = [sorted(re.findall(r"\{(\w+)\}", text)) for text in (english, WORDS["ja"][key])]
        assert slots[0] == slots[1], key


def test_each_word_is_used() -> None:
    sources = [*WEB.glob("*.py"), *(WEB / "templates").rglob("*.html")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    made = {
        "kind_",
        "sort_",
        "told_",
        "value_",
        "family_",
        "filter_",
        "verdict_",
    }  # completed in templates
    unused = [
        key for key in WORDS["en"]
        if not re.search(rf'"{key}"', text) and not any(key.startswith(it) for it in made)
    ]  # fmt: skip
    assert unused == []
