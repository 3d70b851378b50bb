"""The plain words of a card."""

import pytest

from hearthub.catalogue.words import CARD_TEXT, DESCRIPTION, READ, card_text, description

CARD = """# Model _card_ for **Tiny**

[![badge](https://x.io/b.svg)](https://x.io)
<p align="center">
  <img src="a.png"
       width="3">A <b>small</b> model &amp; more</p>

| a | b |
|---|---|
| 1 | 2 |

```python
import secret
~~~
```
~~~
also = code
~~~
See [the paper](https://arxiv.org/abs/1234.56789 "title") and `config.json`, or snake_case.
<script>alert(1)</script><STYLE>p { color: red }</STYLE><!-- hidden -->
- item *one*
[1]: http://link.example
----
Mail https://foo.bar/baz?q=1 now.
"""


def test_words_without_marks() -> None:
    assert card_text(CARD) == (
        "Model card for Tiny A small model & more See the paper and config.json, or snake_case. "
        "item one Mail now."
    )


def test_text_stays_text() -> None:
    assert card_text("1 &lt; 2 {{ y }} &lt;b>") == "1 < 2 {{ y }} <b"
    assert card_text("a\x00b\x1b[31m \ud800 \u202eevil") == "a b 31m \u202eevil"
    assert card_text("") == ""


def test_limits() -> None:
    long = card_text("word " * 10_000)
    assert CARD_TEXT - 5 <= len(long) <= CARD_TEXT
    short = description(long)
    assert len(short) <= DESCRIPTION
    assert short.endswith("word…")
    assert description("A model.") == "A model."
    assert description("x" * 400) == "…"
    assert card_text(" " * READ + "beyond") == ""


SLOW = "< <a ]( ![ [a]( & &#1234567 <!-- <script http:// | İ <div> *_ &lt; www. - ][ <svg><svg"


@pytest.mark.parametrize("part", [*SLOW.split(), "](  ", "```\n", "\n", "\x00\ud800"])
def test_a_card_made_to_be_slow(part: str) -> None:
    """A mebibyte of each: a pattern that is not linear would take hours here."""
    words = card_text(part * (2**20 // len(part)))
    assert len(words) <= CARD_TEXT
