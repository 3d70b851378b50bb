"""What metrics and claims say of themselves, in the languages of the reports.

English stands with the definitions; messages/*.ja.toml have the Japanese. Values are never
translated: both languages have the same numbers.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hearthub.pulse.claims import Claim, Verdict
from hearthub.pulse.claims.reasons import ENGLISH
from hearthub.pulse.metric import Metric
from hearthub.pulse.report.document import Term
from hearthub.pulse.report.sentences import words

_FOLDER = Path(__file__).parent / "messages"
BY_METRIC = ("definition", "edge_cases")
BY_TEXT = ("unit", "numerator", "denominator", "reference", "universe")
OF_CLAIM = ("text", "definition", "missing", "ill_defined")
OF_CLAIMS = ("universe", "window", "source")


class Speech:
    """One language; in English everything stays as it is."""

    def __init__(self, language: str) -> None:
        self.language = language

    def metric(self, metric: Metric) -> Metric:
        """With its words in this language. For people: what it computes goes by the English."""
        if self.language == "en":
            return metric
        told = self._told("metrics")
        said: dict[str, Any] = {field: self._put(told[field][metric.id]) for field in BY_METRIC}
        said |= {field: self.of_metrics(field, getattr(metric, field)) for field in BY_TEXT}
        return replace(metric, **said)

    def of_metrics(self, field: str, text: str) -> str:
        return text if self.language == "en" else str(self._told("metrics")[field][text])

    def claim(self, claim: Claim) -> Claim:
        if self.language == "en":
            return claim
        told = self._told("claims")
        said: dict[str, Any] = dict(told["claim"][claim.id])
        for field in OF_CLAIMS:
            text = getattr(claim, field)
            said[field] = told[field].get(text, text)  # a source is mostly an address
        return replace(claim, **said)

    def verdict(self, says: str) -> str:
        return says if self.language == "en" else str(self._told("claims")["verdict"][says])

    def why(self, verdict: Verdict) -> str:
        """What an error says of data is English in every language."""
        if self.language == "en":
            return verdict.because.text(ENGLISH)
        claim = verdict.claim
        own = self._told("claims")["claim"][claim.id]
        said = {getattr(claim, it): own[it] for it in ("missing", "ill_defined") if it in own}
        return verdict.because.text(
            self._told("claims")["why"], lambda text: str(said.get(text) or self.reason(text))
        )

    def reason(self, text: str) -> str:
        """Why a row has no value (told.REASONS); anything else as it is."""
        return words(self.language).slot(Term("reason", text))

    def _told(self, name: str) -> Mapping[str, Any]:
        return _read(f"{name}.{self.language}.toml")

    def _put(self, text: str) -> str:
        """Parts may have parts."""
        parts = self._told("metrics")["part"]
        while any(f"{{{name}}}" in text for name in parts):
            for name, part in parts.items():
                text = text.replace(f"{{{name}}}", part)
        return text


@cache
def speech_in(language: str) -> Speech:
    return Speech(language)


@cache
def _read(name: str) -> Mapping[str, Any]:
    with (_FOLDER / name).open("rb") as file:
        return tomllib.load(file)
