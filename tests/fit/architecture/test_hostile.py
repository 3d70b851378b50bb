"""Configs and GGUF keys with any field replaced by nonsense: an answer or BadRequest, no more."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fit.architecture import facts, gguf_shapes, more_facts
from hearthub.errors import BadRequest
from hearthub.fit import gguf_keys, memory
from hearthub.fit.caches import Use
from hearthub.fit.configs import architecture_of

CONFIGS = [
    value
    for value in (vars(facts) | vars(more_facts)).values()
    if isinstance(value, dict) and "model_type" in value
]
MORE_FIELDS = """layer_types hybrid_override_pattern block_configs moe_layer_freq vision_config
    linear_attn_config audio_config text_config compress_ratios sparse_attention_config moe_layers
    mlp_layer_types attn_layer_period full_attention_interval sliding_window_pattern
    indexer_types architectures thinker_config model_type""".split()
NONSENSE: list[Any] = [
    None, True, -1, 0, 3.5, 10**7, 2**80, 1e300, float("nan"), float("inf"), "x", "M" * 5000,
    [], [-1], [None], [[]] * 5, [1] * 2000, ["full_attention"] * 1000, {}, {"a": 1},
]  # fmt: skip
CHANGES = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from(NONSENSE)), min_size=1, max_size=3
)


def changed(values: dict[str, Any], more: list[str], changes: list[tuple[int, Any]]) -> Any:
    names = [*values, *more]
    return values | {names[index % len(names)]: value for index, value in changes}


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CONFIGS), CHANGES)
def test_any_config(config: facts.Config, changes: list[tuple[int, Any]]) -> None:
    with suppress(BadRequest):
        shape = architecture_of(changed(config, MORE_FIELDS, changes))
        memory.inference(shape, memory.weights_of(shape, "nf4")[0], Use(context=4096))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(list(gguf_shapes.SHAPES.values())), CHANGES)
def test_any_gguf_keys(keys: gguf_shapes.Keys, changes: list[tuple[int, Any]]) -> None:
    with suppress(BadRequest):
        shape = gguf_keys.architecture_of(changed(keys, [], changes))
        memory.inference(shape, 10**9, Use(context=4096, engine="llama.cpp"))
