"""`hearthub fit`: names and hardware."""

import json

from cli.conftest import Run


def test_a_name_in_json_has_the_keys_that_it_tells(run: Run) -> None:
    told = run("fit", "name", "Qwen/Qwen3-30B-A3B-FP8", "--json")
    assert json.loads(told.stdout) == {"t": 30, "a": 3, "q": "FP8", "fam": "fp8"}


def test_a_name_in_words(run: Run) -> None:
    lines = run("fit", "name", "google/gemma-3n-E4B-it").stdout.splitlines()
    assert lines == ["effective parameters (billions): 4.0", "variants: instruct"]


def test_a_name_that_says_nothing(run: Run) -> None:
    assert "says nothing" in run("fit", "name", "microsoft/phi-4").stdout
    assert json.loads(run("fit", "name", "$(reboot)\x1b[0K", "--json").stdout) == {}


def test_hardware_by_name_with_its_sources(run: Run) -> None:
    (card,) = json.loads(run("fit", "hardware", "RTX 4090", "--json").stdout)
    assert (card["name"], card["memory_gib"]) == ("GeForce RTX 4090", 24)
    assert card["sources"]


def test_all_hardware_is_a_table(run: Run) -> None:
    heading, *rows = run("fit", "hardware").stdout.splitlines()
    assert heading.split() == ["KEY", "NAME", "MEMORY_GIB", "BANDWIDTH_GBS", "TFLOPS"]
    assert len(rows) >= 120


def test_this_machine(run: Run) -> None:
    found = json.loads(run("fit", "hardware", "auto", "--json").stdout)
    assert found[-1]["kind"] == "cpu"
    assert found[-1]["memory_gib"] > 0


def test_hardware_that_is_not_known_is_an_error_that_helps(run: Run) -> None:
    refused = run("fit", "hardware", "rtx 409")
    assert refused.returncode == 1
    assert "4090" in refused.stderr
    assert "Traceback" not in refused.stderr
