import json
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthub.errors import BadRequest
from hearthub.registry import cards

CARD = """---
license: apache-2.0
language:
  - en
  - no
tags: [a, "b"]
base_model: acme/base
trained: 2024-01-05
stats: {rows: 10, loss: 0.5, done: true, nothing: ~, empty: , id: "007"}
---

# Title
---
text
"""


def front(yaml):
    return f"---\n{yaml}\n---\n# Title\n"


def test_it_works():
    assert cards.parse(CARD) == {
        "license": "apache-2.0",
        "language": ["en", "no"],
        "tags": ["a", "b"],
        "base_model": "acme/base",
        "trained": "2024-01-05",
        "stats": {
            "rows": 10,
            "loss": 0.5,
            "done": True,
            "nothing": None,
            "empty": None,
            "id": "007",
        },
    }
    assert cards.split(CARD)[1] == "\n# Title\n---\ntext\n"
    assert cards.validate(CARD, "model") == ([], [])


@pytest.mark.parametrize(
    "text",
    ["", "# Title", "---\nlicense: mit\n", "text\n---\na: 1\n---\n", "---\n---\n", "--- \n#\n---"],
)
def test_cards_without_metadata(text):
    assert cards.parse(text) == {}
    errors, warnings = cards.validate(text, "model")
    assert not errors
    assert "empty or missing" in warnings[0]


def test_windows_lines_and_a_byte_order_mark():
    text = "\ufeff---\r\nlicense: mit\r\n---\r\nbody\r\n"
    assert cards.parse(text) == {"license": "mit"}
    assert cards.split(text)[1] == "body\r\n"


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("license: mit\ntags: [a", "Bad YAML at line 4"),
        ("a: 1\n\tb: 2", "Bad YAML at line 3"),
        ("a: b: c", "Bad YAML at line 2"),
        ("- a\n- b", "must be a mapping"),
        ("just text", "must be a mapping"),
        ("a: 1\na: 2", "line 3: duplicated key 'a'"),
        ("a: !!python/object/apply:os.system [ls]", "unknown tag"),
        ("a: !thing 1", "unknown tag"),
        ("? [a, b]\n: 1", "a key must be text"),
        ("a: \x01", "Bad YAML"),
        ("a: *nobody", "Bad YAML at line 2"),
        ("a: &a [*a]", "Bad YAML|too large"),
        ("a: " + "[" * 40 + "]" * 40, "levels"),
        ("a: " + "[" * 200_000, "levels"),
        ("a: [" + "1," * 60_000 + "]", "values"),
        ("a: " + "x" * 600_000, "characters"),
    ],
)
def test_bad_metadata_is_refused(yaml, message):
    with pytest.raises(BadRequest, match=message):
        cards.parse(front(yaml))
    errors, _ = cards.validate(front(yaml), "model")
    assert len(errors) == 1


def test_aliases_work_but_do_not_multiply():
    assert cards.parse(front("a: &x {k: 1}\nb: *x\nc: {<<: *x, d: 2}"))["c"] == {"k": 1, "d": 2}
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    started = time.process_time()
    with pytest.raises(BadRequest, match="aliases"):
        cards.parse(front("\n".join(rows)))
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("True", True),
        ("NULL", None),
        ("0x1f", 31),
        ("1e3", 1000.0),
        ("1:30", "1:30"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("12345678901234567890", "12345678901234567890"),
        ("9" * 5000, "9" * 5000),
        ("2024-01-05T10:00:00Z", "2024-01-05T10:00:00Z"),
        ('"a\\0b"', "ab"),
        ("|\n  12\n", "12\n"),
    ],
)
def test_plain_words(text, value):
    assert cards.parse(front(f"a: {text}")) == {"a": value}


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**62), 2**62)
        | st.text("abc é:#'\"\n-?", max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abé", min_size=1), inner)
        ),
        max_leaves=20,
    )
)
def test_json_is_yaml_and_reads_back(value):
    assert cards.parse(front(json.dumps({"a": value}))) == {"a": value}


@given(st.text(alphabet=st.sampled_from("ab:-&*![]{}#\"'|>\n \t0.~é\ud800\0%@`?,<"), max_size=60))
def test_whatever_comes_leaves_as_json(text):
    try:
        card = cards.parse(f"---\n{text}\n---\n")
    except BadRequest as error:
        orjson.dumps(str(error))
    else:
        orjson.dumps(card)


@pytest.mark.parametrize(
    ("yaml", "word"),
    [
        ("pipeline_tag: [a]", "pipeline_tag"),
        ("tags: {a: 1}", "tags"),
        ("tags: [1]", "tags"),
        ("datasets: 5", "datasets"),
        ("language: [en, 3]", "language"),
        ("model-index: x", "model-index"),
    ],
)
def test_wrong_types_are_errors(yaml, word):
    errors, _ = cards.validate(front(yaml), "model")
    assert len(errors) == 1
    assert f'"{word}"' in errors[0]


@pytest.mark.parametrize(
    ("yaml", "repo_type", "word"),
    [
        ("license: ", "model", "license"),
        ("tags: [a]", "dataset", "license"),
        ("license: mit\nlanguage: English", "model", "language"),
        ("license: mit\npipeline_tag: Text Generation", "model", "pipeline_tag"),
        ("license: mit\nbase_model: https://x.y/z", "model", "base_model"),
        ("license: mit\nbase_model_relation: child", "model", "base_model_relation"),
        ("title: x\nsdk: php", "space", "sdk"),
    ],
)
def test_doubts_are_warnings(yaml, repo_type, word):
    errors, warnings = cards.validate(front(yaml), repo_type)
    assert not errors
    assert len(warnings) == 1
    assert f'"{word}"' in warnings[0]


def test_aliases_are_bounded_by_what_they_write_out() -> None:
    """A hundred kilobytes of card must not become half a gigabyte of answer."""
    long = "x" * 50_000
    bomb = f"---\na: &a {long}\nb: [{', '.join(['*a'] * 1000)}]\n---\n"
    with pytest.raises(BadRequest, match="too large once its aliases"):
        cards.parse(bomb)
    keys = "y" * 50_000
    bomb = f"---\na: &a {{? {keys} : 1}}\nb: [{', '.join(['*a'] * 1000)}]\n---\n"
    with pytest.raises(BadRequest, match="too large once its aliases"):
        cards.parse(bomb)
