"""Towers of other modalities beside a decoder, with their connectors, from their sections.

One shape fits nearly all: patches, layers of attention and a block, and a small network into the
decoder's width. What is not told here (convolutional towers by name) is a table of measurements.
"""

from hearthub.fit.configs.fields import MOST_LAYERS, Fields

VISION = ("vision_config", "visual", "vision_tower_config", "vit_config")
AUDIO = ("audio_config", "audio_encoder_config")
DEPTH = (
    "depth",
    "num_hidden_layers",
    "vt_num_hidden_layers",
    "conf_num_hidden_layers",
    "layers",
    "encoder_layers",
)
WIDTH = ("vt_hidden_size", "embed_dim", "hidden_size", "width", "d_model")
FF = ("intermediate_size", "vt_intermediate_size", "encoder_ffn_dim")

GATED = frozenset("gemma4_vision pixtral qwen2_5_vl mllama_vision_model aimv2".split())
"""Towers whose block has a third matrix."""

PROJECTED = frozenset("clip chinese_clip altclip clap".split())
"""Pairs of towers that meet in a space of their own."""

NAMED = {"mobilenetv5_300m_enc": 294_000_000}
"""Towers that a config only names, in parameters (timm's own count)."""


def parameters(top: Fields, text_hidden: int) -> int:
    """All towers and connectors, in parameters; 0 where the config has none."""
    total = 0
    if vision := top.section(*VISION):
        total += tower_parameters(vision) + _connector(top, vision, text_hidden)
    if audio := top.section(*AUDIO):
        total += tower_parameters(audio) + audio.whole(*WIDTH) * text_hidden
    return total


def tower_parameters(tower: Fields) -> int:
    """One tower without its connector, in parameters."""
    if named := NAMED.get(tower.text("architecture")):
        return named
    width, depth = tower_width(tower), tower.whole(*DEPTH, most=MOST_LAYERS)
    ff = tower.whole(*FF) or int(tower.number("mlp_ratio", default=4) * width)
    matrices = 3 if tower.text("model_type") in GATED else 2
    layer = 4 * width * width + matrices * width * ff + 9 * width + ff
    if tower.text("model_type") in CONFORMERS:  # two blocks and a convolution a layer
        layer += 2 * width * ff + 3 * width * width
    return depth * layer + _patches(tower, width)


CONFORMERS = frozenset("gemma3n_audio gemma4_audio".split())


def tower_width(tower: Fields) -> int:
    """`hidden_size` of Qwen2-VL is what goes out; the tower works at `embed_dim`."""
    return tower.whole(*WIDTH)


def _patches(tower: Fields, width: int) -> int:
    patch = _side(tower, "patch_size", 14)
    channels = tower.whole("in_channels", "num_channels", "in_chans", default=3)
    frames = tower.whole("temporal_patch_size", default=1)
    positions = tower.whole("num_position_embeddings") or 2 * tower.whole("position_embedding_size")
    if not positions:
        positions = tower.whole("init_pos_emb_height") * tower.whole("init_pos_emb_width")
    if not positions and tower.get("image_size") is not None:
        positions = (_side(tower, "image_size", 0) // max(patch, 1)) ** 2
    return width * (channels * frames * patch * patch + positions + 3)


def _side(tower: Fields, name: str, default: int) -> int:
    if sides := tower.wholes(name) if isinstance(tower.get(name), list) else None:
        return sides[0]
    return tower.whole(name, default=default)


def _connector(top: Fields, vision: Fields, text_hidden: int) -> int:
    width, family = tower_width(vision), top.text("model_type")
    if special := _special_connector(top, vision, text_hidden, family):
        return special
    merged = width * _merge(top, vision) ** 2
    if family.startswith(("qwen", "kimi")):
        mergers = 1 + len(vision.sequence("deepstack_visual_indexes") or ())
        return min(mergers, MOST_LAYERS) * (merged * merged + merged * text_hidden)
    return merged * text_hidden + text_hidden * text_hidden


def _special_connector(top: Fields, vision: Fields, text_hidden: int, family: str) -> int:
    """Of the families that do not join their tower by two matrices; 0 for the others."""
    width = tower_width(vision)
    size = 0
    if family.startswith(("gemma", "paligemma")):
        size = width * text_hidden
    elif family in PROJECTED:
        size = top.whole("projection_dim", default=512) * (width + text_hidden)
    elif family.startswith("siglip"):  # attention and a block that pool the patches
        size = 4 * width * width + 2 * width * vision.whole(*FF)
    elif family == "llama4":
        inner = vision.whole("projector_output_dim", default=4096)
        shuffled = vision.whole("intermediate_size") * inner + inner * inner
        size = shuffled + vision.whole("vision_output_dim", default=inner) * text_hidden
    elif family in ("idefics3", "smolvlm"):
        size = width * top.whole("scale_factor", default=2, most=64) ** 2 * text_hidden
    elif family.startswith("minimax_m3"):
        inner = top.whole("projector_hidden_size", default=text_hidden)
        size = inner * (width + 6 * text_hidden)
    return size


def _merge(top: Fields, vision: Fields) -> int:
    """How many patches a side become one token."""
    if isinstance(vision.get("merge_kernel_size"), list):
        return (vision.wholes("merge_kernel_size") or (1,))[0]
    if ratio := top.number("downsample_ratio", default=0):  # InternVL: 0.5
        return min(round(1 / ratio), 64)
    size = vision.whole("spatial_merge_size", most=64) or top.whole("spatial_merge_size", most=64)
    return size or 1
