"""Evaluation results that a repo states: of its card's `model-index`, and of `.eval_results/`.

Scores are comparable within one benchmark, setting and metric alone, so each result carries that
group and nothing here orders them. Formats: `model-index` of cards
(task, dataset, metrics, source), and `eval_results.yaml` of the Hub's documentation:

    - dataset: {id: cais/hle, task_id: default, revision: ...}   # older files: config, split
      value: 20.9
      verifyToken: ...                                           # the rest is optional
      date: 2025-01-15
      source: {url: ..., name: ..., user: ..., org: ...}
      notes: no-tools
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hearthub.errors import BadRequest
from hearthub.fit.words import mapping, mappings, number, word
from hearthub.registry import read_yaml

MAX_RESULTS = 1000
_MAX_SETTING = 12
_SHOTS = re.compile(r"\(?\b(\d{1,3})[- ]?shots?\b\)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Evaluation:
    """One number, and what it was measured on and how; texts are a stranger's, of one line."""

    benchmark: str
    """The data set's id where it has one, else its name without the shots."""
    setting: tuple[tuple[str, str], ...]
    """Config, split, shots, notes: what differs makes another group. Sorted by key."""
    metric: str
    value: float
    """As it is written: some write 0.58 where others write 58."""
    name: str
    """Of the benchmark, for people."""
    source: str | None = None
    """The address of what it was taken from."""
    source_name: str | None = None
    date: str | None = None
    origin: str = "model-index"
    """Or the path of the file."""
    is_self_reported: bool = True
    """False only where a token proves the run; who wrote `verified: true` proved nothing."""

    @property
    def group(self) -> tuple[str, tuple[tuple[str, str], ...], str]:
        """Results with equal groups may be compared, others not."""
        return (self.benchmark.lower(), self.setting, self.metric.lower())


def never(_token: str) -> bool:
    """Believes no token: the keys to check them are another hub's."""
    return False


def evaluations(
    card: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
    is_valid: Callable[[str], bool] = never,
) -> tuple[list[Evaluation], list[str]]:
    """The first `MAX_RESULTS` results of a card and of files by path, and warnings.

    `files` has the texts of `.eval_results/*.yaml`; one that cannot be read is a warning.
    """
    found, warnings = list(islice(_of_card(card, is_valid), MAX_RESULTS)), []
    for path, text in (files or {}).items():
        try:
            entries = read_yaml(text)
        except BadRequest as error:
            warnings.append(f"{word(path) or 'a file of results'}: {error}")
            continue
        found += islice(_of_file(path, entries, is_valid), MAX_RESULTS - len(found))
    return found, warnings


def evaluations_of(card: Mapping[str, Any]) -> list[Evaluation]:
    """Those of a card alone, as lists keep it."""
    return evaluations(card)[0]


def _of_card(card: Mapping[str, Any], is_valid: Callable[[str], bool]) -> Iterator[Evaluation]:
    for model in mappings(card.get("model-index")):
        for result in mappings(model.get("results")):
            dataset = mapping(result.get("dataset"))
            source = mapping(result.get("source"))
            for metric in mappings(result.get("metrics")):
                if made := _of_metric(dataset, metric, source, is_valid):
                    yield made


def _of_metric(
    dataset: Mapping[str, Any],
    metric: Mapping[str, Any],
    source: Mapping[str, Any],
    is_valid: Callable[[str], bool],
) -> Evaluation | None:
    value, name = number(metric.get("value")), word(dataset.get("name")) or ""
    kind = _known(dataset.get("type"))
    if value is None or not (name or kind):
        return None
    shots = _SHOTS.search(name)
    setting = {"shots": shots[1]} if shots else {}
    setting |= _setting(dataset, ("config", "split", "revision"))
    setting |= _arguments(dataset.get("args")) | _arguments(metric.get("args"))
    setting |= _setting(metric, ("config",), prefix="metric ")
    return Evaluation(
        benchmark=kind or _SHOTS.sub("", name).strip() or name,
        setting=_sorted(setting),
        metric=_known(metric.get("type")) or word(metric.get("name")) or "score",
        value=value,
        name=name or kind or "",
        source=_address(source.get("url")),
        source_name=word(source.get("name")),
        is_self_reported=not _proved(metric, is_valid),
    )


def _of_file(path: str, entries: object, is_valid: Callable[[str], bool]) -> Iterator[Evaluation]:
    for entry in mappings(entries):
        dataset, source = mapping(entry.get("dataset")), mapping(entry.get("source"))
        benchmark, value = word(dataset.get("id")), number(entry.get("value"))
        if benchmark is None or value is None:
            continue
        setting = _setting(dataset, ("task_id", "config", "split", "revision"))
        setting |= _setting(entry, ("notes",))
        task = setting.get("task_id")
        yield Evaluation(
            benchmark=benchmark,
            setting=_sorted(setting),
            metric="score",  # a benchmark of the Hub has one metric for a task
            value=value,
            name=f"{benchmark} ({task})" if task and task != "default" else benchmark,
            source=_address(source.get("url")),
            source_name=word(source.get("name")) or word(source.get("org")),
            date=word(entry.get("date"), 40),
            origin=word(path) or ".eval_results",
            is_self_reported=not _proved(entry, is_valid),
        )


def _proved(entry: Mapping[str, Any], is_valid: Callable[[str], bool]) -> bool:
    token = entry.get("verifyToken")
    return isinstance(token, str) and len(token) <= 10_000 and is_valid(token)


def _known(value: object) -> str | None:
    found = word(value)
    return None if found is None or found.lower() in {"unknown", "custom", "other"} else found


def _setting(holder: Mapping[str, Any], keys: Sequence[str], prefix: str = "") -> dict[str, str]:
    return {prefix + key: found for key in keys if (found := word(holder.get(key)))}


def _arguments(value: object) -> dict[str, str]:
    """`args` of a data set or metric; `num_few_shot` under the name that its shots have."""
    found = {}
    for key, argument in islice(mapping(value).items(), _MAX_SETTING):
        if (name := word(key, 60)) and (text := word(argument)):
            found["shots" if name in {"num_few_shot", "num_fewshot", "n_shot"} else name] = text
    return found


def _sorted(setting: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(setting.items())[:_MAX_SETTING])


def _address(value: object) -> str | None:
    """Of the web: a page may link to it, so it is no `javascript:`."""
    found = word(value, 500)
    return found if found and found.lower().startswith(("https://", "http://")) else None
