"""`hearthub fit show ID[@REV]`: repos of HF_ENDPOINT, those that need a token, and none at all."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from calls import commit, new_repo, put, unique
from fit.answers.models import SMALL, SMALL_PARAMETERS, card, llama_tensors
from fit.weight_files import safetensors_header
from hearthub.cli import main
from live import LiveHub, free_port

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(hub: LiveHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`hearthub fit show WORDS...` in this process, with the environment's hub."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.delenv("HF_TOKEN", raising=False)

    def run(*words: str, token: str = "") -> tuple[int, str, str]:
        monkeypatch.setenv("HF_TOKEN", token)
        monkeypatch.setattr("sys.argv", ["hearthub", "fit", "show", *words])
        capsys.readouterr()
        try:
            main()
        except SystemExit as ended:
            told = capsys.readouterr()
            message = ended.code if isinstance(ended.code, str) else ""
            return 1 if message else int(ended.code or 0), told.out, told.err + message
        raise AssertionError("a command ends by its exit status")

    return run


CONFIG = json.dumps(SMALL).encode()


def header_only(rows: int) -> bytes:
    """A whole file of safetensors: one tensor of `rows` bytes."""
    described, size = safetensors_header({"model.norm.weight": ("I8", (rows,))})
    text = json.dumps(described).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


def adapter_of(base: str) -> bytes:
    return json.dumps({"base_model_name_or_path": base, "task_type": "CAUSAL_LM", "r": 8}).encode()


def test_a_public_repo(run: Run, hub: LiveHub, alice: httpx.Client) -> None:
    repo = new_repo(alice)
    text = card(license="mit", base_model="meta-llama/Llama-3.1-8B").encode()
    commit(alice, repo, put("config.json", CONFIG), put("README.md", text))
    code, out, err = run(repo, "--json", "--hardware", "t4")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["params_total"], found["size_source"]) == (SMALL_PARAMETERS, "config")
    assert found["licences"][0]["name"] == "mit"
    assert found["lineage"][0]["name"] == "meta-llama/Llama-3.1-8B"
    assert found["commands"]["vllm"].startswith(f"HF_ENDPOINT={hub.url} vllm serve {repo} ")


def test_a_revision(run: Run, alice: httpx.Client) -> None:
    repo = new_repo(alice)
    weights = put("model.safetensors", header_only(9))
    first = commit(alice, repo, put("config.json", CONFIG), weights)
    commit(alice, repo, put("model.safetensors", header_only(99)))
    answers = [run(name, "--json")[1] for name in (repo, f"{repo}@{first}")]
    assert [json.loads(each)["params_total"] for each in answers] == [99, 9]
    assert f"figures are of {first}" in run(f"{repo}@{first}")[1]
    code, _, err = run(f"{repo}@nothing")
    assert code == 1
    assert "Traceback" not in err


def test_a_private_repo(run: Run, hub: LiveHub, alice: httpx.Client) -> None:
    repo = new_repo(alice, private=True)
    commit(alice, repo, put("config.json", CONFIG))
    assert run(repo, token=hub.read_tokens["alice"])[0] == 0
    for token in ("", hub.tokens["charlie"], "hf_nonsense"):
        code, out, err = run(repo, token=token)
        assert (code, out) == (1, "")
        assert "hearthub: " in err
        assert SMALL["model_type"] not in err


def test_a_gated_repo(run: Run, hub: LiveHub, alice: httpx.Client) -> None:
    repo = new_repo(alice)
    commit(alice, repo, put("config.json", CONFIG))
    answer = alice.put(f"/api/models/{repo}/settings", json={"gated": "manual"})
    assert answer.status_code == 200
    assert run(repo, token=hub.tokens["alice"])[0] == 0
    code, out, err = run(repo, token=hub.tokens["charlie"])
    assert (code, out) == (1, "")
    assert "gated" in err.lower() or "access" in err.lower()


def test_an_adapter_asks_this_hub_for_its_base(run: Run, alice: httpx.Client) -> None:
    base, lora = new_repo(alice), new_repo(alice)
    commit(alice, base, put("config.json", CONFIG))
    weights = put("adapter_model.safetensors", header_only(64))
    commit(alice, lora, put("adapter_config.json", adapter_of(base)), weights)
    found = json.loads(run(lora, "--json")[1])
    assert found["memory"]["weights_bytes"] == 2 * SMALL_PARAMETERS + 64
    assert (found["params_total"], found["architecture"]) == (64, None)


@pytest.mark.parametrize("base", ["http://127.0.0.1:9/x", "../../api/whoami-v2", "/etc", "SELF"])
def test_a_base_that_is_none(run: Run, alice: httpx.Client, base: str) -> None:
    name = unique("lora")
    lora = new_repo(alice, name)
    weights = put("adapter_model.safetensors", header_only(64))
    commit(alice, lora, put("adapter_config.json", adapter_of(base.replace("SELF", lora))), weights)
    code, out, err = run(lora, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["memory"]["weights_bytes"] == 64
    assert any("only the adapter is counted" in warning for warning in found["warnings"])


def test_quantised_versions_are_options(run: Run, alice: httpx.Client, hub: LiveHub) -> None:
    repo, packed = new_repo(alice), new_repo(alice, unique("packed-AWQ"))
    commit(alice, repo, put("config.json", CONFIG))
    text = card(base_model=repo, base_model_relation="quantized").encode()
    commit(alice, packed, put("README.md", text), put("model.safetensors", header_only(64)))
    hub.settle()
    found = json.loads(run(repo, "--hardware", "rtx 4090", "--json")[1])
    assert packed in [option["repo"] for option in found["options"]]
    assert found["verdicts"][0]["best_option"]["repo"] == packed


def test_what_is_not_there(run: Run, alice: httpx.Client) -> None:
    assert "no such repo" in run("alice/nothing-here")[2].lower()
    repo = new_repo(alice)
    code, _, err = run(repo)
    assert code == 1
    assert "neither weights" in err


def test_a_hub_that_is_down(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for endpoint in (f"http://127.0.0.1:{free_port()}", "ftp://x", "https://a:secret@b"):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        code, out, err = run("alice/thing")
        assert (code, out) == (1, "")
        assert "Traceback" not in err
        assert "secret" not in err


def test_tensors_of_a_repo_add_up() -> None:
    """What the figures above rest on."""
    assert sum(a * b for _, (a, *rest) in llama_tensors().values() for b in rest or [1]) == (
        SMALL_PARAMETERS
    )
