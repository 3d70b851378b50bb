"""Models whose layers a search made unequal: `block_configs` of Nemotron-NAS (DeciLM)."""

from collections.abc import Mapping
from typing import Any

from hearthub.fit.architecture import Attention, FeedForward, Layer
from hearthub.fit.configs import feed_forward, mixers
from hearthub.fit.configs.attention import HEADS, hidden_size
from hearthub.fit.configs.fields import MOST_LAYERS, Fields


def applies(text: Fields) -> bool:
    return bool(text.sequence("block_configs"))


def layers(text: Fields) -> tuple[Layer, ...]:
    blocks = list(text.sequence("block_configs") or ())
    if len(blocks) > MOST_LAYERS:
        raise text.bad("block_configs", f"has more than {MOST_LAYERS} entries")
    return tuple(_layer(text, block) for block in blocks)


def _layer(text: Fields, block: Any) -> Layer:
    if not isinstance(block, Mapping):
        raise text.bad("block_configs", "has an entry that is no object")
    fields, hidden = Fields(block, text.source), hidden_size(text)
    return Layer(_attention(text, fields, hidden), _block(fields, hidden), 2 * hidden)


def _attention(text: Fields, block: Fields, hidden: int) -> Attention:
    mixer, heads = block.section("attention") or Fields({}), text.need(*HEADS)
    if mixer.flag("no_op"):
        return Attention("none")
    if mixer.flag("replace_with_linear"):
        return Attention("none", parameters=hidden * hidden)
    group = mixer.need("n_heads_in_group", most=heads)
    size = text.whole("head_dim", default=hidden // heads)
    return mixers.grouped(hidden, heads, heads // group, size, size)


def _block(block: Fields, hidden: int) -> FeedForward:
    ffn = block.section("ffn") or Fields({})
    if ffn.flag("no_op"):
        return feed_forward.NOTHING
    if ffn.flag("replace_with_linear"):
        return FeedForward(other_parameters=hidden * hidden)
    size = ffn.whole("intermediate_size")
    if not size:  # As the model's own code: two thirds of 4 times, up to a multiple of 256
        size = int(2 * ffn.number("ffn_mult", default=0) * hidden / 3)
        size = -(-size // 256) * 256
    return feed_forward.dense(hidden, size)
