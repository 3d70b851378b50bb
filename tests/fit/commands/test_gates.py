"""Who gets no command: formats an engine cannot read, cards that cannot hold them."""

from dataclasses import replace

import pytest

from fit.commands.subjects import ADA, APPLE, H100, LLAMA, QWEN_GGUF, TURING, VOLTA
from hearthub.fit.commands import ENGINES, Setting, Subject, commands, refusals

NO_HARDWARE = Setting()
B200 = Setting(vendor="nvidia", compute_capability=10.0)


def quantised(method: str, label: str | None = None) -> Subject:
    return replace(LLAMA, quantization=method, label=label, tags=("text-generation-inference",))


SERVERS = {"vllm", "sglang", "tgi"}


@pytest.mark.parametrize(
    ("method", "label", "setting", "expected"),
    [
        ("awq", None, H100, {"vllm", "sglang", "tgi"}),
        ("awq", None, TURING, {"vllm", "sglang", "tgi"}),
        ("awq", None, VOLTA, set()),
        ("gptq", None, VOLTA, set()),
        ("fp8", None, H100, {"vllm", "sglang", "tgi"}),
        ("fp8", None, TURING, {"vllm"}),
        ("modelopt", "FP8", H100, {"vllm", "sglang"}),
        ("modelopt", "FP8", TURING, set()),
        ("modelopt", "NVFP4", B200, {"vllm", "sglang"}),
        ("modelopt", "NVFP4", ADA, {"vllm", "sglang"}),
        ("compressed-tensors", "NVFP4", ADA, {"vllm", "tgi"}),
        ("compressed-tensors", "NVFP4", B200, {"vllm", "sglang", "tgi"}),
        ("mxfp4", "MXFP4", H100, {"vllm", "sglang"}),
        ("mxfp4", "MXFP4", TURING, set()),
        ("bitsandbytes", None, H100, set()),  # others print vLLM here
        ("eetq", None, H100, set()),
        ("aqlm", None, NO_HARDWARE, set()),
    ],
)
def test_servers_by_method_and_card(
    method: str, label: str | None, setting: Setting, expected: set[str]
) -> None:
    assert SERVERS.intersection(commands(quantised(method, label), setting)) == expected


def test_weights_that_a_card_cannot_compute_with_are_told() -> None:
    for subject, setting in [(quantised("fp8"), TURING), (quantised("modelopt", "NVFP4"), ADA)]:
        notes = commands(subject, setting)["vllm"].warnings
        assert any("saves memory, not time" in note for note in notes)
    for subject, setting in [(quantised("fp8"), ADA), (quantised("modelopt", "NVFP4"), B200)]:
        assert not any("memory" in note for note in commands(subject, setting)["vllm"].warnings)


def test_bitsandbytes_is_for_transformers_and_training() -> None:
    assert list(commands(quantised("bitsandbytes"), ADA)) == ["transformers", "trl", "peft"]
    assert list(commands(quantised("bitsandbytes"), APPLE)) == []


def test_modelopt_is_not_for_transformers() -> None:
    assert "transformers" in refusals(quantised("modelopt", "NVFP4"), B200)


def test_gguf_is_not_for_vllm() -> None:
    for setting in (NO_HARDWARE, H100, APPLE):
        assert list(commands(QWEN_GGUF, setting)) == ["llama.cpp", "ollama"]
    assert "since 0.24" in refusals(QWEN_GGUF, H100)["vllm"]


def test_split_gguf_is_not_for_ollama() -> None:
    split = replace(QWEN_GGUF, file="Q8_0/model-Q8_0-00001-of-00002.gguf")
    assert list(commands(split, H100)) == ["llama.cpp"]
    assert "split" in refusals(split, H100)["ollama"]


def test_architectures_that_a_server_dropped_or_never_had() -> None:
    dropped = replace(LLAMA, architecture="MllamaForConditionalGeneration", family="mllama")
    assert "vllm" in refusals(dropped, H100)  # gone with vLLM's V0 engine
    assert SERVERS.isdisjoint(commands(replace(LLAMA, architecture=None), H100))
    assert "llama.cpp" in refusals(replace(QWEN_GGUF, architecture="flux"), H100)


def test_bfloat16_on_old_cards() -> None:
    found = commands(LLAMA, TURING)
    assert "--dtype float16" in found["vllm"].text
    assert "--dtype float16" in found["sglang"].text
    assert 'dtype="float16"' in found["transformers"].text
    assert "--bf16 False --fp16 True" in found["trl"].text
    assert "--dtype" not in commands(LLAMA, ADA)["vllm"].text
    gemma = replace(LLAMA, architecture="Gemma2ForCausalLM", family="gemma2")
    assert "--dtype float32" in commands(gemma, TURING)["vllm"].text  # float16 overflows


def test_tgi_only_where_the_repo_is_tagged_for_it() -> None:
    assert "tgi" not in commands(LLAMA, H100)
    tagged = replace(LLAMA, tags=("text-generation-inference",))
    assert any("prefer vLLM" in note for note in commands(tagged, H100)["tgi"].warnings)
    assert "tgi" not in commands(replace(tagged, family="qwen3_next"), H100)


def test_code_of_the_repo_only_where_nothing_else_does() -> None:
    native = commands(replace(LLAMA, has_auto_map=True), H100)
    assert not any("trust_remote_code" in command.text for command in native.values())
    assert not any("trust-remote-code" in command.text for command in native.values())
    own = commands(replace(LLAMA, has_auto_map=True, family="acme_llm"), H100)
    assert "trust_remote_code=True" in own["transformers"].text
    assert "--trust-remote-code" in own["vllm"].text
    for command in own.values():
        assert any("code out of the repo" in note for note in command.warnings)
    assert "transformers" in refusals(replace(LLAMA, family="acme_llm"), H100)


def test_pickles_are_told() -> None:
    for command in commands(replace(LLAMA, format="torch"), H100).values():
        assert any("pickles" in note for note in command.warnings)


def test_mla_keeps_both_caches_of_one_type() -> None:
    deepseek = replace(QWEN_GGUF, architecture="deepseek2", is_mla=True)
    found = commands(deepseek, replace(H100, cache_type="q4_0"))["llama.cpp"]
    assert "-ctk q4_0 -ctv q4_0" in found.text
    assert any("MLA" in note for note in found.warnings)


def test_caches_that_an_engine_does_not_have() -> None:
    small = replace(H100, cache_type="q8_0")
    assert "--kv-cache-dtype" not in commands(LLAMA, small)["vllm"].text
    assert any("no q8_0 cache" in note for note in commands(LLAMA, small)["vllm"].warnings)
    floats = commands(QWEN_GGUF, replace(H100, cache_type="fp8"))["llama.cpp"]
    assert "-ctk q8_0" in floats.text
    assert any("no fp8 cache" in note for note in floats.warnings)


def test_no_more_context_than_the_model_has() -> None:
    found = commands(replace(LLAMA, context_max=4096), replace(H100, context=32_768))["vllm"]
    assert "--max-model-len 4096" in found.text
    assert any("4096 tokens" in note for note in found.warnings)


def test_experts_over_gpus_only_where_there_are_experts() -> None:
    two = replace(H100, gpus=2)
    mixtral = replace(LLAMA, architecture="MixtralForCausalLM", family="mixtral", is_moe=True)
    assert "--enable-expert-parallel" in commands(mixtral, two)["vllm"].text
    assert "--enable-expert-parallel" not in commands(LLAMA, two)["vllm"].text
    assert (
        "--n-cpu-moe"
        not in (
            commands(replace(QWEN_GGUF, is_moe=False), replace(ADA, cpu_expert_layers=4))[
                "llama.cpp"
            ]
        ).text
    )


def test_every_engine_has_a_command_or_a_reason() -> None:
    for subject in (LLAMA, QWEN_GGUF, Subject("a/b", "onnx")):
        for setting in (NO_HARDWARE, H100, APPLE, VOLTA):
            found, reasons = commands(subject, setting), refusals(subject, setting)
            assert [*found, *reasons] != []
            assert sorted([*found, *reasons]) == sorted(ENGINES)
