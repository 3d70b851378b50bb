"""A text decoder from its config: the general reader, with the differences of families."""

from dataclasses import replace

from hearthub.fit.architecture import Architecture, Attention, Layer
from hearthub.fit.configs import feed_forward, gemma, nas, patterns
from hearthub.fit.configs.attention import attention, hidden_size
from hearthub.fit.configs.fields import Fields, family_of

TIED = frozenset(
    """bloom cohere cohere2 falcon gemma gemma2 gemma3 gemma3n gemma4 gpt2 gpt_bigcode gpt_neo
    lfm2 lfm2_moe mamba mamba2 falcon_mamba mpt opt starcoder2""".split()
)
"""Families that use the embedding as the head where the config does not say."""

FOUR_NORMS = frozenset("gemma2 gemma3 gemma3n gemma4 glm4 exaone_moe".split())
POSITIONED = frozenset("gpt2 gpt_bigcode gpt_neo opt".split())
"""Families with a learned table of positions."""

CONTEXT = (
    "max_position_embeddings",
    "n_positions",
    "max_sequence_length",
    "seq_length",
    "n_ctx",
    "max_seq_len",
    "max_target_positions",
)
VOCABULARY = ("vocab_size", "n_vocab", "padded_vocab_size")


def context_max(text: Fields) -> int | None:
    """The longest context in tokens, where the config says."""
    return text.whole(*CONTEXT, most=2**40) or None


def is_tied(text: Fields, top: Fields) -> bool:
    """Whether the embedding is used as the head: the text's own word, then the whole's."""
    default = top.flag("tie_word_embeddings", default=family_of(text) in TIED)
    return text.flag("tie_word_embeddings", "tie_embedding", default=default)


def layers(text: Fields) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """All layers in order, and warnings."""
    if nas.applies(text):
        return nas.layers(text), ()
    count = patterns.layer_count(text)
    kinds, warnings = patterns.kinds(text, count)
    if family_of(text) in gemma.FAMILIES:
        return gemma.layers(text, kinds), warnings
    sparse = patterns.sparse(text, count)
    made = [_layer(text, i, k, s) for i, (k, s) in enumerate(zip(kinds, sparse, strict=True))]
    return tuple(made), warnings


def _layer(text: Fields, index: int, kind: str, sparse: bool) -> Layer:
    hidden = hidden_size(text)
    norms = (4 if family_of(text) in FOUR_NORMS else 2) * hidden + _streams(text, hidden)
    if kind in ("experts", "dense"):  # Nemotron-H: a layer that mixes no tokens
        block = feed_forward.of_layer(text, index, hidden, sparse=kind == "experts")
        return Layer(Attention("none"), block, hidden)
    mixer = attention(text, kind, index)
    if patterns.is_split(text) or (mixer.kind == "mamba" and family_of(text) in patterns.BARE):
        return Layer(mixer, feed_forward.NOTHING, hidden)
    return Layer(mixer, feed_forward.of_layer(text, index, hidden, sparse=sparse), norms)


def _streams(text: Fields, hidden: int) -> int:
    """Hyper-connections before both halves of a layer of DeepSeek-V4."""
    streams = text.whole("hc_mult", most=64)
    return 2 * (2 + streams) * streams * (streams * hidden + 1) + 6 if streams else 0


def read(text: Fields, top: Fields) -> Architecture:
    """The decoder of `text`, a section of `top` or the same; towers are not in it."""
    hidden, vocabulary = hidden_size(text), text.need(*VOCABULARY)
    layers_, warnings = layers(text)
    positions = (context_max(text) or 0) if family_of(text) in POSITIONED else 0
    architecture = Architecture(
        name=name_of(top),
        family=top.text("model_type"),
        hidden=hidden,
        vocabulary=vocabulary,
        context_max=context_max(text),
        layers=layers_,
        embedding_parameters=(vocabulary + positions) * hidden,
        head_parameters=0 if is_tied(text, top) else vocabulary * hidden,
        other_parameters=hidden,
        warnings=warnings,
    )
    tables, projections = gemma.around(text, len(layers_))
    return replace(
        architecture,
        embedding_parameters=architecture.embedding_parameters + tables,
        other_parameters=architecture.other_parameters + projections,
    )


def name_of(top: Fields) -> str:
    names = top.sequence("architectures")
    return str(names[0])[:200] if names else ""
