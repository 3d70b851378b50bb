"""`fits=`: lists of what runs on some hardware, with every other filter, sort and page."""

from collections.abc import Iterator

import httpx
import pytest

from calls import commit, new_repo, put
from catalogue.shelves import observed
from fit import small_models as small
from hearthub.context import Hub
from hearthub.fit.wanted import most_that_fits
from live import LiveHub

WORD = "okapi"
CARD = f"---\ntags: [{WORD}]\nlicense: {{}}\npipeline_tag: text-generation\n---\n"
GIB = 2**30
FAR = "fits.example"


@pytest.fixture(scope="module", autouse=True)
def _models(hub: LiveHub, alice: httpx.Client, parts: Hub) -> None:
    """Hosted: one whose headers are read at once, one that is weighed, a private one. Observed:
    sizes by their names."""
    for name, card, file, data in (
        ("safe", "mit", "model.safetensors", small.safetensors()),
        ("gguf", "mit", "m-Q8_0.gguf", small.gguf()),
        ("hidden", "mit", "model.safetensors", small.safetensors()),
    ):
        repo = new_repo(alice, f"{WORD}-{name}", private=name == "hidden")
        lines = [put("README.md", CARD.format(card).encode()), put("config.json", small.config())]
        commit(alice, repo, *lines, put(file, data))
    parts.catalogue.observe(
        observed(
            f"far/{WORD}-{size}b",
            tags=[WORD, "transformers"],
            licenses=["mit" if size > 7 else "apache-2.0"],
            formats=["safetensors"],
            pipeline_tag="text-generation",
            library="transformers",
            likes=size,
            origin=FAR,
        )
        for size in (1, 7, 8, 70)
    )
    hub.settle()


def listed(client: httpx.Client, query: str) -> list[str]:
    answer = client.get(f"/api/models?filter={WORD}&{query}")
    assert answer.status_code == 200, answer.text
    return [row["id"].rpartition(f"{WORD}-")[2] for row in answer.json()]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fits=24", {"safe", "gguf"}),
        ("fits=0.5", set()),
        ("fits=24&origin=all", {"safe", "gguf", "1b", "7b", "8b"}),
        ("fits=24&origin=fits.example", {"1b", "7b", "8b"}),
        ("fits=RTX 4090&origin=all", {"safe", "gguf", "1b", "7b", "8b"}),
        ("fits=rtx3060&origin=all", {"safe", "gguf", "1b"}),
        ("fits=16 GiB&origin=all", {"safe", "gguf", "1b"}),
        ("fits=H200&origin=all", {"safe", "gguf", "1b", "7b", "8b"}),
        ("fits=MI355X&origin=all", {"safe", "gguf", "1b", "7b", "8b", "70b"}),
        ("fits=24&origin=all&license=mit", {"safe", "gguf", "8b"}),
        ("fits=24&origin=all&num_parameters=min:5B", {"7b", "8b"}),
        ("fits=24&origin=all&search=okapi-7b", {"7b"}),
        ("fits=24&origin=all&apps=llama.cpp", {"gguf"}),
        ("fits=24&origin=all&apps=vllm", {"safe", "1b", "7b", "8b"}),
        ("fits=24&origin=all&apps=vllm&apps=sglang&author=far", {"1b", "7b", "8b"}),
        ("fits=", {"safe", "gguf"}),
    ],
)
def test_what_fits(anyone: httpx.Client, query: str, expected: set[str]) -> None:
    assert set(listed(anyone, query)) == expected


def test_private_ones(alice: httpx.Client) -> None:
    assert set(listed(alice, "fits=24")) == {"safe", "gguf", "hidden"}


def test_in_order_page_by_page(anyone: httpx.Client) -> None:
    url = f"/api/models?filter={WORD}&fits=24&origin=all&sort=likes&limit=2"
    found = [[row["id"].rpartition("-")[2] for row in page] for page in pages(anyone, url)]
    assert [len(page) for page in found] == [2, 2, 1]
    assert [name for page in found for name in page][:3] == ["8b", "7b", "1b"]


def pages(client: httpx.Client, url: str | None) -> Iterator[list[dict[str, str]]]:
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        url = answer.links.get("next", {}).get("url")


@pytest.mark.parametrize(
    ("fits", "part"),
    [
        ("RTX 4091", "did you mean"),
        ("5090 Ti", "RTX 5090"),
        ("no such thing", "No hardware has the name"),
        ("0", "number above 0"),
        ("-4", "Several have the name"),
        ("9999999", "at most"),
        ("1e3", "No hardware"),
        ("x" * 5000, "no name of hardware"),
        ("\0", "no name of hardware"),
    ],
)
@pytest.mark.parametrize("path", ["/api/models", "/api/models/facets"])
def test_hardware_that_is_none(anyone: httpx.Client, path: str, fits: str, part: str) -> None:
    answer = anyone.get(path, params={"fits": fits})
    assert answer.status_code == 400, answer.text
    assert part in answer.json()["error"]


def test_a_processor_has_no_memory_of_its_own(anyone: httpx.Client) -> None:
    answer = anyone.get("/api/models", params={"fits": "EPYC 9654"})
    assert answer.status_code == 400
    assert "how much memory" in answer.json()["error"]


def test_facets_know_apps(anyone: httpx.Client) -> None:
    answer = anyone.get(f"/api/models/facets?filter={WORD}&fits=24&origin=all").json()
    assert answer["total"] == 5
    apps = {it["value"]: it["count"] for it in answer["facets"]["app"]}
    assert (apps["llama.cpp"], apps["ollama"], apps["vllm"]) == (1, 1, 4)


class TestExpand:
    def test_hosted(self, hub: LiveHub, alice: httpx.Client) -> None:
        for field, expected in (
            ("safetensors", {"total": small.PARAMETERS, "sharded": False}),
            ("fit", {"confidence": "header", "size_source": "header", "context": 4096}),
        ):
            found = alice.get(f"/api/models/alice/{WORD}-safe", params={"expand": field}).json()
            assert found[field].items() >= expected.items()
        found = alice.get(f"/api/models/alice/{WORD}-gguf", params={"expand": "gguf"}).json()
        assert found["gguf"] == {
            "total": small.GGUF_PARAMETERS,
            "architecture": "llama",
            "context_length": 4096,
        }
        assert alice.get(f"/api/models/alice/{WORD}-gguf").json()["gguf"] == found["gguf"]

    def test_observed_is_less_certain(self, anyone: httpx.Client) -> None:
        query = f"/api/models?filter={WORD}&origin=all&expand=fit&sort=likes"
        rows = {row["id"]: row["fit"] for row in anyone.get(query).json()}
        told = rows[f"far/{WORD}-70b"]
        assert (told["confidence"], told["size_source"]) == ("name", "name")
        assert told["params_total"] == 70 * 10**9
        assert 130 * GIB < told["need_bytes"] < 145 * GIB
        assert rows[f"alice/{WORD}-gguf"]["need_by_label"].keys() == {"Q8_0"}

    def test_other_kinds_have_none(self, anyone: httpx.Client) -> None:
        assert anyone.get("/api/datasets?expand=fit").status_code == 400
        assert anyone.get("/api/datasets?fits=24").json() == []


def test_the_limit_is_that_of_the_verdict() -> None:
    assert most_that_fits("24") == int(0.9 * 24 * GIB)
    assert most_that_fits("RTX 4090") == most_that_fits("24 GiB")
