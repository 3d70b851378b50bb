"""Both languages say the same numbers, and each number is that of its row."""

import re
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest

from hearthub.lake import Lake
from hearthub.pulse import make_report
from hearthub.pulse.facts import SIZE_CLASSES, Facts
from hearthub.pulse.facts.licences import CLASSES
from hearthub.pulse.facts.namespaces import ORG_TYPES
from hearthub.pulse.facts.tasks import Modality
from hearthub.pulse.metric import MetricRow
from hearthub.pulse.report.document import Number, Query, Sentence, Slot, Text
from hearthub.pulse.report.sentences import LANGUAGES, NUMBERS, catalogue, fields_of, words, written

FORMS = {*NUMBERS, "date", "text", ""}


def leaves(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        name = f"{prefix}|{key}"
        found |= leaves(value, name) if isinstance(value, dict) else {name: value}
    return found


def test_catalogues_have_the_same_messages() -> None:
    english, japanese = (
        {key for key in leaves(catalogue(language)) if not key.endswith("_one")}
        for language in LANGUAGES
    )
    assert english == japanese


def test_a_message_has_the_same_numbers_in_both() -> None:
    for key, message in catalogue("ja")["sentence"].items():
        other = catalogue("en")["sentence"][key]
        assert sorted(fields_of(message)) == sorted(fields_of(other)), key
        one = catalogue("en")["sentence"].get(f"{key}_one", other)
        assert sorted(fields_of(one)) == sorted(fields_of(other)), key
        assert {form for _, form in fields_of(message)} <= FORMS, key


def test_what_stands_outside_slots_has_no_other_digits() -> None:
    """A digit in the words of one language stands in those of the other too."""
    for key, message in catalogue("ja")["sentence"].items():
        bare = [
            re.sub(r"\{[^}]*\}", "", text) for text in (message, catalogue("en")["sentence"][key])
        ]
        assert sorted(re.findall(r"\d[\d,.]*\d|\d", bare[0])) == sorted(
            re.findall(r"\d[\d,.]*\d|\d", bare[1])
        ), key


def test_each_class_that_facts_have_has_words() -> None:
    countries = {row.country for row in Facts.load().namespaces.rows if row.country}
    modalities = get_args(Modality)
    classes = {
        "country": countries, "org_type": ORG_TYPES, "size_class": SIZE_CLASSES,
        "licence": CLASSES, "licence_class": CLASSES, "modality": modalities, "domain": modalities,
    }  # fmt: skip
    for language in LANGUAGES:
        for group, names in classes.items():
            assert {*names} <= {*catalogue(language)["term"][group]}, group
        assert {*catalogue(language)["term"]["size_class"]} == {*SIZE_CLASSES, "unknown"}


@pytest.mark.parametrize("kind", ["weekly", "state"])
def test_every_number_of_a_sentence_is_that_of_its_row(watched: Lake, kind: str) -> None:
    report = make_report(watched, kind)
    sentences = [b for s in report.sections for b in s.blocks if isinstance(b, Sentence)]
    assert len(sentences) > 10
    for sentence in sentences:
        shown = {language: _shown(sentence, language) for language in LANGUAGES}
        assert sorted(shown["en"]) == sorted(shown["ja"])
        message = catalogue("ja")["sentence"][sentence.key]
        expected = []
        for name, form in fields_of(message):
            slot, _, field = name.partition(".")
            it = sentence.slots[slot]
            if isinstance(it, Number):
                value = getattr(it.row, field or "value")
                expected.append(written(value, form, "unknown"))
        assert sorted(shown["en"]) == sorted(expected)


def _shown(sentence: Sentence, language: str) -> list[str]:
    found: list[str] = []

    def put(slot: Slot, text: str) -> str:
        if isinstance(slot, Number):
            found.append(text)
        return text

    whole = words(language).sentence(sentence, put)
    assert all(text in whole for text in found)
    return found


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1234567.4, "count", "1,234,567"),
        (0.12345, "share", "12.3 %"),
        (0.000033, "share", "0.0033 %"),
        (0.0, "share", "0.0 %"),
        (1e-9, "share", "< 0.0001 %"),
        (27_781_427_952, "params", "27.8 B"),
        (2.45e12, "params", "2.45 T"),
        (18_752_463_867.6, "size", "18.8 GB"),
        (-6.2833, "log", "-6.28"),
        (0.99450755, "index", "0.9945"),
        (None, "share", "unknown"),
    ],
)  # fmt: skip
def test_how_numbers_are_written(value: float | None, form: str, text: str) -> None:
    assert written(value, form, "unknown") == text


def test_one_is_told_of_in_the_singular() -> None:
    def said(children: float) -> str:
        row = MetricRow(
            "risers", 1, "model@x/all", "x", date(2026, 1, 1), date(2026, 1, 7),
            children, None, None, None, None, 1, 1.0, ("abc",),
        )  # fmt: skip
        of = {"age": 5.0, "children": children, "quants": 0.0, "score": 2.0}
        query = Query("risers", None, "model@x/all", "7d")
        slots = {name: Number(replace(row, value=value), query) for name, value in of.items()}
        return words("en").sentence(Sentence("rising.old", {"name": Text("a/b"), **slots}))

    assert "; 1 model was made from it this week, 0 quantised." in said(1)
    assert "; 2 models were made from it this week, 0 of them quantised." in said(2)
