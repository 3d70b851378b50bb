"""What metrics and claims say of themselves: the same in English and Japanese."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

import hearthub.pulse
from hearthub.lake import Lake
from hearthub.pulse import Rendering, known_metrics, make_report, speech_in
from hearthub.pulse.claims import Verdict, known_claims
from hearthub.pulse.claims.reasons import ENGLISH, Why
from hearthub.pulse.report.sentences import words
from hearthub.pulse.report.speech import BY_METRIC, BY_TEXT, OF_CLAIM, OF_CLAIMS
from hearthub.pulse.told import REASONS

FOLDER = Path(hearthub.pulse.__file__).parent / "report" / "messages"
METRICS, CLAIMS = (
    tomllib.loads((FOLDER / f"{name}.ja.toml").read_text("utf-8")) for name in ("metrics", "claims")
)
MISSING = CLAIMS["why"]["missing"].removesuffix("{what}")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def numbers(text: str) -> list[str]:
    return sorted(NUMBER.findall(text))


@pytest.mark.parametrize("metric", known_metrics(), ids=lambda it: it.id)
@pytest.mark.parametrize("field", [*BY_METRIC, *BY_TEXT])
def test_a_metric_says_the_same(metric: hearthub.pulse.Metric, field: str) -> None:
    english, japanese = (getattr(speech_in(it).metric(metric), field) for it in ("en", "ja"))
    assert english == getattr(metric, field)
    assert numbers(japanese) == numbers(english)
    assert "{" not in japanese
    assert JAPANESE.search(japanese) or field == "reference"


def test_nothing_else_of_a_metric_is_changed() -> None:
    for metric in known_metrics():
        told = speech_in("ja").metric(metric)
        for field in fields(metric):
            if field.name not in (*BY_METRIC, *BY_TEXT):
                assert getattr(told, field.name) == getattr(metric, field.name)


def test_no_translation_is_left_over() -> None:
    """A text that was changed, and its translation not, is caught here."""
    metrics = known_metrics()
    for name in BY_METRIC:
        assert set(METRICS[name]) == {it.id for it in metrics}
    for name in BY_TEXT:
        assert set(METRICS[name]) == {getattr(it, name) for it in metrics}
    claims = known_claims()
    assert set(CLAIMS["claim"]) == {it.id for it in claims}
    for name in ("universe", "window"):
        assert set(CLAIMS[name]) == {getattr(it, name) for it in claims}
    assert set(CLAIMS["why"]) == set(ENGLISH)


@pytest.mark.parametrize("claim", known_claims(), ids=lambda it: it.id)
def test_a_claim_says_the_same(claim: hearthub.pulse.Claim) -> None:
    told = speech_in("ja").claim(claim)
    for name in (*OF_CLAIM, *OF_CLAIMS):
        english, japanese = getattr(claim, name), getattr(told, name)
        assert (english is None) == (japanese is None), name
        if english and name != "source":
            assert numbers(japanese) == numbers(english), name
            assert JAPANESE.search(japanese), name
    assert told.expected == claim.expected
    assert told.query("own") == claim.query("own")


def test_each_verdict_has_its_reason_in_both() -> None:
    for key, english in ENGLISH.items():
        slots = set(re.findall(r"\{(\w+)\}", english))
        assert set(re.findall(r"\{(\w+)\}", CLAIMS["why"][key])) == slots
        because = Why.of(key, **{name: f"{n}.5" for n, name in enumerate(sorted(slots))})
        verdict = Verdict(known_claims()[0], "undecidable", because)
        said = speech_in("ja").why(verdict)
        assert numbers(said) == numbers(verdict.why)
        assert speech_in("en").why(verdict) == verdict.why
    for says in ("reproduced", "differs", "undecidable", "ill-defined"):
        assert JAPANESE.search(speech_in("ja").verdict(says))
        assert speech_in("en").verdict(says) == says


def test_what_is_missing_is_said_in_japanese() -> None:
    by_id = {it.id: it for it in known_claims()}
    for name, key in (("fortune-500", "missing"), ("mmlu-750", "ill_defined")):
        claim = by_id[name]
        verdict = Verdict(claim, "undecidable", Why.of("missing", what=getattr(claim, key)))
        assert getattr(speech_in("ja").claim(claim), key) in speech_in("ja").why(verdict)
    for reason in REASONS:
        verdict = Verdict(by_id["china-17"], "undecidable", Why.of("missing", what=reason))
        assert JAPANESE.search(speech_in("ja").why(verdict).removeprefix(MISSING))
        assert speech_in("en").reason(reason) == reason


def test_what_strangers_wrote_stays() -> None:
    hostile = "<script>{what}{0}"
    verdict = Verdict(known_claims()[0], "undecidable", Why.of("missing", what=hostile))
    assert speech_in("ja").why(verdict) == MISSING + hostile


def test_the_methods_of_a_report(planted: Lake) -> None:
    report = make_report(planted, "weekly")
    english, japanese = (Rendering(report, words(it)) for it in ("en", "ja"))
    assert len(english.metrics()) > 5
    for metric in english.metrics():
        said, told = english.definition(metric), japanese.definition(metric)
        assert said.startswith(f"{metric.definition}. ")
        assert ".." not in said
        assert numbers(said) == numbers(told)
        assert JAPANESE.search(told)
        assert told.endswith("。")
