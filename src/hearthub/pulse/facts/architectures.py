"""Dense or mixture of experts, the format of weights and how they are quantised."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from hearthub.fit import NameFacts, parse_name
from hearthub.pulse.facts.reading import read, words_of

Architecture = Literal["dense", "moe", "unknown"]
# Keys of config.json that count experts; above 1 means that tokens are routed.
_EXPERTS = (
    "num_experts n_routed_experts num_local_experts moe_num_experts num_moe_experts n_experts"
).split()
_NESTED = ("text_config", "llm_config", "language_config", "thinker_config")
_FORMATS_OF_NAME = {"onnx", "openvino", "coreml", "executorch", "mlc"}
_WHOLE_LABELS = {"F16", "BF16", "F32"}


class Architectures:
    def __init__(self) -> None:
        table = read("architectures.toml")
        self.sources = table["source"]
        kinds = table["type"]
        self.moe = frozenset(f"{kinds['moe']} {kinds['said']}".split())
        self.dense = frozenset(kinds["dense"].split())
        self.formats = words_of(table["format"])
        self._format_marks = frozenset(self.formats)
        self._format_order = tuple(table["format"])
        self.quantisations = words_of(table["quantisation"])
        self._quantisation_marks = frozenset({"gguf", "mlx", *self.quantisations})
        self._methods = tuple(table["quantisation"])

    def architecture(
        self,
        config: Mapping[str, Any] | None = None,
        name: str = "",
        tags: Iterable[str] = (),
        params_active: int | None = None,
        *,
        stated: NameFacts | None = None,
    ) -> Architecture:
        """`moe` by experts in a config, an active number, `8x7B`, a model type or a word of a card.

        `dense` only where a config was read, by us or by the Hub, which tags the model type.
        """
        facts = parse_name(name) if stated is None else stated
        marks = self.moe.intersection(tags)
        if marks or params_active or facts.active or facts.experts or _experts(config) > 1:
            return "moe"
        return "dense" if config or not self.dense.isdisjoint(tags) else "unknown"

    def format_of(self, tags: Iterable[str], formats: Iterable[str] = ()) -> str:
        """One format for each repo: the one that its weights are meant to be loaded in.

        GGUF and MLX repos carry safetensors beside them, and many PyTorch ones an ONNX export.
        """
        marks = self._format_marks.intersection(tags)
        found = {self.formats[tag] for tag in marks}.union(formats)
        return next((each for each in self._format_order if each in found), "unknown")

    def quantisation_of(
        self, name: str, tags: Iterable[str] = (), *, stated: NameFacts | None = None
    ) -> str | None:
        """The method or width by which weights are packed, None where nothing tells that they are.

        GGUF and MLX count as methods, unless their name says that the weights are whole.
        """
        facts = parse_name(name) if stated is None else stated
        if found := _by_name(facts):
            return found
        if facts.label in _WHOLE_LABELS:
            return None
        marks = self._quantisation_marks.intersection(tags)
        if "gguf" in marks:
            return "gguf"
        methods = {self.quantisations[tag] for tag in marks if tag in self.quantisations}
        if methods and "mlx" in marks:
            return "mlx"
        return next((each for each in self._methods if each in methods), None)


def _by_name(facts: NameFacts) -> str | None:
    family = facts.family
    if family is None or family in _FORMATS_OF_NAME or facts.label in _WHOLE_LABELS:
        return f"int{facts.bits}" if facts.bits and facts.bits <= 8 else None
    if family == "mlx" and not (facts.bits and facts.bits <= 8):
        return None
    return "exl" if family in {"exl2", "exl3"} else family


def _experts(config: Mapping[str, Any] | None) -> int:
    """The most experts that a config counts; what is no number counts as none."""
    if not config:
        return 0
    nested = (config.get(key) for key in _NESTED)
    parts = [config, *(part for part in nested if isinstance(part, Mapping))]
    counts = [part.get(key) for part in parts for key in _EXPERTS]
    return max((n for n in counts if isinstance(n, int) and not isinstance(n, bool)), default=0)
