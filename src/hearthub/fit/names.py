"""What the name of a repo or a file says about a model: sizes, quantisation, variants.

Names are hints: a header or a config knows better. They are written by strangers, so every pattern
here repeats a bounded number of times, and a long name says nothing.
"""

import re
from dataclasses import dataclass

from hearthub.fit.name_labels import quantisation

LONGEST = 256
LARGEST = 10_000.0
"""Billions of parameters; more than that is a count of tokens or a serial number."""

_BILLIONS = {"m": 0.001, "b": 1.0, "t": 1000.0}
_SIZE = re.compile(
    # A number after a point is the end of a longer one, except after a version: Llama3.2.1B
    r"(?<![a-z0-9])(?:(?<!\d\.)|(?<=\d\.\d\.))(?P<kind>[ae]?|\d{1,3}x)"
    r"(?P<number>\d{1,5}(?:\.\d{1,3})?)(?P<unit>[mbt])(?P<tenths>\d?)(?P<times>x\d{1,3})?(?![a-z0-9])"
    r"(?:-(?P<experts>\d{1,4})e(?![a-z0-9]))?"
)
"""Of a name in lower case, as all patterns of sizes here."""
# Other spellings of a size, and how they are read.
_SPELLINGS = (
    (re.compile(r"(?<=-)([0-2])_(?=\d{1,2}b(?![a-z0-9]))"), r"\1."),  # stablelm-2-1_6b
    (re.compile(r"(?<![a-z0-9])(\d{1,2})p(?=\d{1,2}b(?![a-z0-9]))"), r"\1."),  # 1p7b
    (re.compile(r"(?<=pythia)(\d{1,2})-(?=\db(?![a-z0-9]))"), r"-\1."),  # pythia2-8b
    (re.compile(r"(?<=olmoe-)(?=\d{1,2}b-\d)"), "a"),  # OLMoE-1B-7B: 1 B are active
    (re.compile(r"(?<=[-_]0)[-_](?=\db(?![a-z0-9]))"), "."),  # qwen3_5_0_8b
)
_OTHER_SPELLING = re.compile(r"-[0-2]_\d|\dp\d|pythia\d|olmoe-|[-_]0[-_]\d")
_ONE_WORD = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z]{4,24})(?<![A-Za-z][AE])(?=\d{1,3}(?:\.\d{1,2})?[Bb](?![A-Za-z0-9]))"
)
"""A size in one word with a family: Mistral7B, but neither a1c3b nor the effective 4B of gemmaE4B,
which only its capital tells."""
_SIZED = re.compile(r"\d[mbt]")
"""What every size has. Half of all names have none, and the patterns above take their time."""
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})(?=\.[a-z]{1,16}$|$)", re.IGNORECASE)
_VARIANTS = {
    "it": "instruct",
    "instruct": "instruct",
    "distill": "distill",
    "distilled": "distill",
    "qat": "qat",
    "mtp": "mtp",
}
_VARIANT = re.compile(rf"(?<![a-z])(?:{'|'.join(_VARIANTS)})(?![a-z])")


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What a name says; None or empty where it does not. Sizes are in billions of parameters."""

    total: float | None = None
    active: float | None = None
    """Used for each token: `A3B`, and the 17B of `17B-16E`."""
    effective: float | None = None
    """Without the embeddings: `E2B`."""
    experts: int | None = None
    per_expert: float | None = None
    """The 7 of `8x7B`; experts share layers, so the total is less than the product."""
    label: str | None = None
    """Of the quantisation, as people write it: `Q4_K_M`, `FP8`, `GPTQ-Int4`."""
    family: str | None = None
    """Of the quantisation or its file format: gguf, mlx, gptq, awq, bnb, fp8, nvfp4, int8..."""
    bits: int | None = None
    shard: tuple[int, int] | None = None
    """This file's number, from 1, and how many there are."""
    variants: tuple[str, ...] = ()
    """instruct, distill, qat, mtp, in the order of the name."""

    @property
    def size(self) -> float | None:
        """The total in billions, or about what `8x7B` comes to.

        Experts share attention and embeddings: about a fifth of a dense model of that size
        (Mixtral-8x7B has 46.7 B, 8x22B 140.6 B; the estimate is within 10 % of both).
        """
        if self.total is None and self.experts and self.per_expert:
            return self.per_expert * (0.2 + 0.8 * self.experts)
        return self.total

    def to_json(self) -> dict[str, object]:
        """The short keys of the command line and of `naming_cases.json`; absent ones left out."""
        keys = {
            "t": self.total,
            "a": self.active,
            "e": self.effective,
            "x": self.experts,
            "per": self.per_expert,
            "q": self.label,
            "fam": self.family,
            "bits": self.bits,
            "shard": list(self.shard) if self.shard else None,
            "v": list(self.variants) or None,
        }
        return {key: value for key, value in keys.items() if value is not None}


_NOTHING = NameFacts()


def parse_name(name: str) -> NameFacts:
    """What the id of a repo (`owner/name`) or the path of a file says. Never raises.

    The last part of a path counts; of the others only `mlx-community` says something. A part of
    more than `LONGEST` characters says nothing.
    """
    *folders, last = name[-4 * LONGEST :].split("/")
    if len(last) > LONGEST:
        return _NOTHING
    quantised = quantisation(last, is_mlx="mlx-community" in folders)
    sizes, variants = _sizes(last), _variants(last)
    told = sizes or variants or quantised.family or quantised.bits
    if not told and "-of-" not in last.lower():
        return _NOTHING
    return NameFacts(
        total=sizes.get("total"),
        active=sizes.get("active"),
        effective=sizes.get("effective"),
        experts=int(sizes["experts"]) if "experts" in sizes else None,
        per_expert=sizes.get("per_expert"),
        label=quantised.label,
        family=quantised.family,
        bits=quantised.bits,
        shard=_shard(last),
        variants=variants,
    )


def _sizes(name: str) -> dict[str, float]:
    """The first of each kind: a later `1M` is a context, a later `70B` a teacher."""
    sizes: dict[str, float] = {}
    if not _SIZED.search(name.lower()):
        return sizes
    name = _ONE_WORD.sub(r"\1-", name).lower()
    if _OTHER_SPELLING.search(name):
        for pattern, replacement in _SPELLINGS:
            name = pattern.sub(replacement, name)
    for match in _SIZE.finditer(name):
        found = _size(match)
        unit = match["unit"]
        if not all(0 < size <= LARGEST for size in found.values()):
            continue
        if sizes and unit == "m" and "total" in found:
            continue
        if not sizes.keys() & found.keys() or _is_no_size(sizes, found, unit):
            sizes |= found
    if sizes.get("active", 0) >= sizes.get("total", LARGEST):
        del sizes["active"]  # the teacher's: Qwen3-1.7B-Distilled-30B-A3B
    return sizes


def _size(match: re.Match[str]) -> dict[str, float]:
    kind, number = match["kind"], _number(match)
    if kind == "a":
        return {"active": number}
    if kind == "e":
        return {"effective": number}
    if times := kind or match["times"]:  # 8x7B, 7Bx8
        return {"experts": int(times.strip("x")), "per_expert": number}
    if match["experts"]:
        return {"active": number, "experts": int(match["experts"])}
    return {"total": number}


def _is_no_size(sizes: dict[str, float], later: dict[str, float], unit: str) -> bool:
    """Before billions, a few millions are examples (`Instruct-3M-Llama3-70B`), trillions tokens."""
    first = sizes.get("total", 1.0)
    return "total" in later and unit == "b" and (first < 0.02 or first >= 1000)


def _number(match: re.Match[str]) -> float:
    """Billions; `7b1` is 7.1 B, `05b` 0.5 B."""
    text, tenths = match["number"], match["tenths"]
    if tenths and "." not in text:
        text += f".{tenths}"
    elif len(text) == 2 and text[0] == "0":
        text = f"0.{text[1:]}"
    return round(float(text) * _BILLIONS[match["unit"]], 6)


def _shard(name: str) -> tuple[int, int] | None:
    match = _SHARD.search(name)
    return (int(match[1]), int(match[2])) if match else None


def _variants(name: str) -> tuple[str, ...]:
    found = _VARIANT.findall(name.lower())
    return tuple(dict.fromkeys(_VARIANTS[word] for word in found)) if found else ()
