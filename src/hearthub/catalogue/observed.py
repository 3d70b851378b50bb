"""What other hubs told of their repos, brought into bounds: strangers wrote it, as they do cards.

A listing made here from a commit is clean already (values.py); these come as a source read them.
"""

import json
import logging
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from hearthub.catalogue.auto_classes import transformers_info
from hearthub.catalogue.facts import Facts
from hearthub.catalogue.listing import Counters, Listing
from hearthub.catalogue.plan import ALL_ORIGINS
from hearthub.catalogue.reading import known_of
from hearthub.catalogue.values import count, text, texts, unique
from hearthub.catalogue.words import CARD_TEXT, DESCRIPTION
from hearthub.fit import Summary, of_observed

MOST = 2**53
"""Of any counter: exact in JSON, far from where SQLite's integers end."""

END_OF_TIME = 253_402_300_799_999  # ms; the last that ISO 8601 writes with four digits
MAX_JSON = 200_000  # characters of a card, a config; longer ones are left out

_NAME = re.compile(r"(?:[\w.-]{1,96}/)?[\w.-]{1,96}", re.ASCII)
log = logging.getLogger(__name__)


def cleaned(listings: Iterable[Listing]) -> Iterator[Listing]:
    """The same without what no list can show; those whose name is none are left out.

    ValueError for a listing without an origin: it would stand among what this hub hosts.
    """
    for listing in listings:
        if listing.origin in ("", ALL_ORIGINS):
            raise ValueError(f"an observed repo has an origin: {listing.full_name!r}")
        if not _NAME.fullmatch(listing.full_name):
            log.warning("observed under a name that is none: %.200r", listing.full_name)
            continue
        facts = _facts(listing.facts)
        if listing.type == "model":
            facts = replace(facts, fit=_fit(listing.full_name, facts))
        yield replace(
            listing,
            facts=facts,
            counters=bounded(listing.counters),
            gated=listing.gated if listing.gated in ("auto", "manual") else None,
            repo_id=None,
            commit=None,
            owner_id=None,
            is_private=False,
        )


def bounded(counters: Counters) -> Counters:
    trending = counters.trending if math.isfinite(counters.trending) else 0.0
    return Counters(
        created=_within(counters.created, END_OF_TIME),
        modified=_within(counters.modified, END_OF_TIME),
        downloads=_within(counters.downloads, MOST),
        downloads_all=_within(counters.downloads_all, MOST),
        likes=_within(counters.likes, MOST),
        trending=max(-float(MOST), min(float(MOST), trending)),
    )


def _within(number: int, most: int) -> int:
    return max(0, min(most, number))


def _facts(facts: Facts) -> Facts:
    return replace(
        facts,
        tags=unique(texts(facts.tags)),
        card=_object(facts.card) or {},
        library=text(facts.library),
        pipeline_tag=text(facts.pipeline_tag),
        config=_object(facts.config) or {},
        base_models=texts(facts.base_models),
        relation=text(facts.relation),
        safetensors=_object(facts.safetensors),
        gguf=_object(facts.gguf),
        transformers=_transformers(facts),
        models=texts(facts.models),
        datasets=texts(facts.datasets),
        licenses=texts(facts.licenses),
        languages=texts(facts.languages),
        formats=texts(facts.formats),
        quantization=text(facts.quantization),
        parameters_total=count(facts.parameters_total),
        doi=text(facts.doi),
        card_text=text(facts.card_text[:CARD_TEXT], CARD_TEXT) or "",
        description=text(facts.description[:DESCRIPTION], DESCRIPTION) or "",
    )


def _fit(full_name: str, facts: Facts) -> dict[str, Any]:
    """What was told, if somebody read the headers; else what is likely."""
    if facts.fit:
        return Summary.from_json(facts.fit).to_json()
    return of_observed(full_name, known_of(facts, facts.config)).to_json()


def _transformers(facts: Facts) -> dict[str, Any] | None:
    """What was told, else what follows from the config."""
    if facts.transformers or facts.library != "transformers":
        return _object(facts.transformers)
    return transformers_info(facts.config)


def _object(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without lone surrogates and numbers that are none, which no JSON answer can carry."""
    if not value:
        return value
    written = json.dumps(value, ensure_ascii=False)
    if len(written) > MAX_JSON:
        return None
    plain = written.encode(errors="replace").decode()
    found: dict[str, Any] = json.loads(plain, parse_constant=lambda _: None)
    return found
