"""Encoders, and decoders that look at one: BERT and its kin, T5, BART and Whisper, CLIP."""

from dataclasses import replace

from hearthub.fit.architecture import Architecture, Attention, FeedForward, Layer
from hearthub.fit.configs import feed_forward, mixers
from hearthub.fit.configs.attention import HEADS, hidden_size
from hearthub.fit.configs.fields import MOST_LAYERS, Fields, family_of

BERTS = frozenset(
    """bert roberta xlm-roberta camembert distilbert electra mpnet albert deberta deberta-v2 esm
    nomic_bert xmod ernie data2vec-text roberta-prelayernorm megatron-bert luke layoutlm
    layoutlmv3 clip_text_model siglip_text_model""".split()
)
MODERN = frozenset(["modernbert", "eurobert", "neobert"])
T5S = frozenset("t5 mt5 umt5 longt5 byt5 switch_transformers pix2struct".split())
BARTS = frozenset(
    "bart mbart marian pegasus m2m_100 nllb blenderbot blenderbot-small whisper plbart".split()
)
PAIRS = frozenset("clip siglip siglip2 chinese_clip altclip clap".split())
"""A text tower and another one, side by side."""
LONE = frozenset(
    """vit deit beit dinov2 dinov3_vit siglip_vision_model clip_vision_model ijepa vit_mae
    data2vec-vision hubert wav2vec2 wavlm""".split()
)
"""A tower alone."""
POOLED = frozenset("vit deit beit data2vec-vision".split())
"""Towers that end in one more square matrix."""
FAMILIES = BERTS | MODERN | T5S | BARTS | PAIRS | LONE

LAYERS = ("num_hidden_layers", "n_layers", "num_layers", "encoder_layers")
FF = ("intermediate_size", "hidden_dim", "d_ff", "encoder_ffn_dim", "ffn_dim", "n_inner")
FRAMES = 1500
"""Whisper's encoder makes so many tokens of 30 seconds."""


def read(text: Fields, name: str) -> Architecture:
    """An architecture of FAMILIES; towers that stand beside the text are added by the caller."""
    family = family_of(text)
    if family in T5S:
        return _t5(text, name)
    if family in BARTS:
        return _bart(text, name)
    return _bert(text, name, modern=family in MODERN)


def _blank(text: Fields, name: str, hidden: int, layers: list[Layer]) -> Architecture:
    vocabulary = text.whole("vocab_size")
    context = text.whole("max_position_embeddings", "n_positions", "max_target_positions")
    return Architecture(
        name=name,
        family=text.text("model_type"),
        hidden=hidden,
        vocabulary=vocabulary,
        context_max=context or None,
        layers=tuple(layers),
        embedding_parameters=vocabulary * hidden,
        head_parameters=0,
    )


def _bert(text: Fields, name: str, *, modern: bool) -> Architecture:
    hidden, count = hidden_size(text), text.need(*LAYERS, most=MOST_LAYERS)
    heads = max(text.whole(*HEADS, default=12), 1)
    kv = text.whole("num_key_value_heads", default=heads)
    mixer = mixers.grouped(
        hidden, heads, kv, hidden // heads, hidden // heads, has_cache=False, bias=not modern
    )
    size = text.whole(*FF) or 4 * hidden
    block = feed_forward.dense(hidden, size, matrices=3 if modern else 2, bias=not modern)
    layer = Layer(mixer, block, (2 if modern else 5) * hidden)
    layers = [layer] * count
    if family_of(text) == "albert":  # one layer, used again and again
        layers = [layer] + [Layer(Attention("none"), FeedForward())] * (count - 1)
    made = _blank(text, name, hidden, layers)
    narrow = text.whole("embedding_size", default=hidden)
    positions = 0 if modern else text.whole("max_position_embeddings")
    rows = made.vocabulary + positions + text.whole("type_vocab_size")
    return replace(
        made,
        embedding_parameters=rows * narrow,
        other_parameters=hidden * hidden
        + 5 * hidden
        + (narrow * hidden if narrow != hidden else 0),
        is_decoder=False,
    )


def _t5(text: Fields, name: str) -> Architecture:
    hidden, heads, size = hidden_size(text), text.need(*HEADS), text.need("d_kv")
    count = text.need("num_layers", "num_hidden_layers", most=MOST_LAYERS)
    gated = text.text("feed_forward_proj").startswith("gated")
    mixer = mixers.grouped(hidden, heads, heads, size, size)
    block = feed_forward.dense(hidden, text.need("d_ff"), matrices=3 if gated else 2)
    encoder = Layer(replace(mixer, has_cache=False), block, 2 * hidden)
    tokens = text.whole("n_positions", default=512)
    decoder = Layer(mixer, block, 3 * hidden, cross=_cross(mixer, tokens))
    decoders = text.whole("num_decoder_layers", default=count, most=MOST_LAYERS)
    made = _blank(text, name, hidden, [encoder] * count + [decoder] * decoders)
    tied = text.flag("tie_word_embeddings", default=True)
    buckets = 2 * text.whole("relative_attention_num_buckets", default=32) * heads
    return replace(
        made,
        head_parameters=0 if tied else made.vocabulary * hidden,
        other_parameters=2 * hidden + buckets,
    )


def _bart(text: Fields, name: str) -> Architecture:
    hidden = hidden_size(text)
    encoders = text.need("encoder_layers", most=MOST_LAYERS)
    decoders = text.need("decoder_layers", most=MOST_LAYERS)
    own = _biased(hidden, text.need("decoder_attention_heads"))
    seen = _biased(hidden, text.need("encoder_attention_heads"))
    wide = feed_forward.dense(hidden, text.need("encoder_ffn_dim"), matrices=2, bias=True)
    block = feed_forward.dense(hidden, text.need("decoder_ffn_dim"), matrices=2, bias=True)
    source = text.whole("max_source_positions", "max_position_embeddings", default=FRAMES)
    encoder = Layer(replace(seen, has_cache=False), wide, 4 * hidden)
    decoder = Layer(own, block, 6 * hidden, cross=_cross(own, source))
    made = _blank(text, name, hidden, [encoder] * encoders + [decoder] * decoders)
    target = text.whole("max_target_positions", "max_position_embeddings")
    sound = text.whole("num_mel_bins")
    return replace(
        made,
        context_max=target or None,
        embedding_parameters=(made.vocabulary + source + target) * hidden,
        other_parameters=4 * hidden + (3 * hidden * (sound + hidden) + 2 * hidden if sound else 0),
    )


def _biased(hidden: int, heads: int) -> Attention:
    size = hidden // max(heads, 1)
    return mixers.grouped(hidden, heads, heads, size, size, bias=True)


def _cross(mixer: Attention, tokens: int) -> Attention:
    return replace(mixer, kind="cross", window=tokens)
