"""Results of cards and of files, grouped by what makes them comparable."""

import json
from typing import Any

import pytest

from hearthub.fit.evaluations import MAX_RESULTS, Evaluation, evaluations
from needs import needs_data

ARC = {
    "dataset": {
        "name": "AI2 Reasoning Challenge (25-Shot)",
        "type": "ai2_arc",
        "config": "ARC-Challenge",
        "split": "test",
        "args": {"num_few_shot": 25},
    },
    "metrics": [{"type": "acc_norm", "value": 58.45, "verified": True}],
    "source": {"url": "https://example.org/board", "name": "A board"},
}
FILE = """
- dataset: {id: cais/hle, task_id: default, revision: abc}
  value: 20.90
  verifyToken: eyJ
  date: 2025-01-15
  source: {url: 'https://example.org/logs', name: Logs, user: alice}
  notes: no-tools
- dataset: {id: Idavidrein/gpqa, config: gpqa_diamond, split: train}
  value: 0.412
"""


def of_card(*results: Any) -> list[Evaluation]:
    return evaluations({"model-index": [{"name": "x", "results": list(results)}]})[0]


def test_of_a_card() -> None:
    assert of_card(ARC) == [
        Evaluation(
            benchmark="ai2_arc",
            setting=(("config", "ARC-Challenge"), ("shots", "25"), ("split", "test")),
            metric="acc_norm",
            value=58.45,
            name="AI2 Reasoning Challenge (25-Shot)",
            source="https://example.org/board",
            source_name="A board",
        )
    ]


def test_of_files() -> None:
    found, warnings = evaluations({}, {".eval_results/all.yaml": FILE})
    assert warnings == []
    hle, gpqa = found
    assert (hle.benchmark, hle.value, hle.metric) == ("cais/hle", 20.9, "score")
    assert hle.setting == (("notes", "no-tools"), ("revision", "abc"), ("task_id", "default"))
    assert (hle.source, hle.source_name) == ("https://example.org/logs", "Logs")
    assert (hle.date, hle.origin) == ("2025-01-15", ".eval_results/all.yaml")
    assert gpqa.setting == (("config", "gpqa_diamond"), ("split", "train"))


def test_who_says_verified_proves_nothing() -> None:
    assert of_card(ARC)[0].is_self_reported
    files = {".eval_results/a.yaml": FILE}
    assert all(result.is_self_reported for result in evaluations({}, files)[0])
    checked = evaluations({}, files, is_valid=lambda token: token == "eyJ")[0]
    assert [result.is_self_reported for result in checked] == [False, True]


def test_another_setting_is_another_group() -> None:
    def arc(**dataset: Any) -> Evaluation:
        return of_card(ARC | {"dataset": ARC["dataset"] | dataset})[0]  # type: ignore[operator]

    assert arc().group == arc(name="ARC").group  # the shots are in its arguments too
    others = [arc(args={"num_few_shot": 0}), arc(split="dev"), arc(config=None), arc(type="other")]
    assert len({result.group for result in [arc(), *others]}) == 5
    from_name = arc(args=None)
    assert dict(from_name.setting)["shots"] == "25"


@pytest.mark.parametrize(
    "value", [None, "n/a", True, [1], {"a": 1}, float("nan"), 10**400, "9" * 99]
)
def test_no_number_no_result(value: object) -> None:
    assert of_card(ARC | {"metrics": [{"type": "acc", "value": value}]}) == []


def test_numbers_as_texts() -> None:
    assert of_card(ARC | {"metrics": [{"value": "58.4 %"}]})[0].value == 58.4
    assert of_card(ARC | {"metrics": [{"value": "-1e-3"}]})[0].metric == "score"


@pytest.mark.parametrize("source", ["javascript:alert(1)", "data:text/html,x", 7, "//x", "x" * 600])
def test_only_addresses_of_the_web(source: object) -> None:
    assert of_card(ARC | {"source": {"url": source}})[0].source is None


def test_texts_are_of_one_line() -> None:
    found = of_card(ARC | {"dataset": {"name": "a\x1b[31m\nb\u202e"}})[0]
    assert found.name == found.benchmark == "a [31m b"


@pytest.mark.parametrize(
    "card",
    [
        {"model-index": value}
        for value in (None, 3, "x", {}, [[]], [{"results": 3}], [{"results": [{"metrics": 1}]}])
    ]
    + [{"model-index": [{"results": [{"dataset": 1, "metrics": [{"value": 1}]}]}]}],
)
def test_odd_cards(card: dict[str, Any]) -> None:
    assert evaluations(card) == ([], [])


@pytest.mark.parametrize(
    "text", ["- a: [", "&a [*a, *a]", "!!python/object:os.system x", "a: &b [" + "[" * 99]
)
def test_bad_files_are_warnings(text: str) -> None:
    found, warnings = evaluations({}, {"bad.yaml": text, "good.yaml": FILE})
    assert len(found) == 2
    assert len(warnings) == 1
    assert warnings[0].startswith("bad.yaml: ")


def test_aliases_do_not_multiply() -> None:
    text = "- &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"- &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    )
    assert len(evaluations({}, {"bomb.yaml": text})[1]) == 1


def test_bounded() -> None:
    many = [ARC | {"metrics": [{"value": n} for n in range(900)]}] * 3
    assert len(of_card(*many)) == MAX_RESULTS
    assert len(evaluations({}, {f"{n}.yaml": FILE for n in range(600)})[0]) == MAX_RESULTS


def test_real_cards() -> None:
    import pyarrow.parquet as pq

    path = needs_data("hub_stats_frozen/hub_stats_frozen.parquet")
    cards = [json.loads(text) for text in pq.read_table(path)["cardData"].to_pylist() if text]
    with_results = [card for card in cards if card.get("model-index")]
    found = [result for card in with_results for result in evaluations(card)[0]]
    assert len(found) > 5000
    assert sum(not evaluations(card)[0] for card in with_results) < 0.2 * len(with_results)
    ifeval = {r.group for r in found if "ifeval" in r.name.lower() and r.source_name}
    assert len(ifeval) < 20
