"""Short codes of the task, the library and the licence of a listing, for its number in the index.

Of a value that a third of all listings have, the index would be read for a third of all; a code
tells it of those that fit otherwise. So only what many have needs one. 0: none, or another.
"""

from collections.abc import Sequence

from hearthub.catalogue.facts import Facts

# As the public hub counts them. A place in a list is a code: a change of any is one of
# `numbers.VERSION`.
_TASKS = """text-generation image-text-to-text robotics feature-extraction text-to-image
text-classification automatic-speech-recognition reinforcement-learning token-classification
text-to-speech image-classification object-detection sentence-similarity text-to-video
image-to-image any-to-any image-to-video text-to-audio translation image-segmentation
audio-classification text-ranking fill-mask image-feature-extraction tabular-classification
audio-to-audio summarization question-answering image-to-text text2text-generation
video-classification""".split()
_LIBRARIES = """transformers diffusers peft gguf sentence-transformers stable-baselines3 ml-agents
mlx lerobot timm keras pytorch onnx transformers.js setfit""".split()
_LICENSES = """apache-2.0 mit other openrail creativeml-openrail-m cc-by-4.0 cc-by-nc-4.0 gemma
llama3 llama3.1 llama3.2 bsd-3-clause agpl-3.0 gpl-3.0""".split()
_SEVERAL = 15
"""Of licences: which ones is for the listing itself to tell."""

BITS = 13
_KNOWN = {"task": (8, 31, _TASKS), "library": (4, 15, _LIBRARIES), "license": (0, 15, _LICENSES)}
"""By kind of facet: where its code is, its greatest value, and what has which."""


def codes_of(facts: Facts) -> int:
    """All three, in `BITS` bits."""
    licenses = list(dict.fromkeys(facts.licenses))
    license_ = _SEVERAL if len(licenses) > 1 else _code("license", *licenses) if licenses else 0
    task = _code("task", facts.pipeline_tag or "")
    return _at("task", task) | _at("library", _code("library", facts.library or "")) | license_


def told(here: str, kind: str, names: Sequence[str]) -> tuple[str, str] | None:
    """Conditions on the codes at `here`, an expression in SQL: what must hold for a listing to have
    one of these values, and with which it has for sure. None: not each of them has a code."""
    if kind not in _KNOWN or not names:
        return None
    at, mask, known = _KNOWN[kind]
    if not set(names) <= set(known):
        return None
    value = f"({here} >> {at} & {mask})"
    codes = sorted({_code(kind, name) for name in names})
    surely = f"{value} in ({', '.join(map(str, codes))})"
    if kind != "license":
        return surely, surely
    return f"{value} in ({', '.join(map(str, [*codes, _SEVERAL]))})", surely


def _code(kind: str, name: str) -> int:
    known = _KNOWN[kind][2]
    return known.index(name) + 1 if name in known else 0


def _at(kind: str, code: int) -> int:
    return code << _KNOWN[kind][0]
