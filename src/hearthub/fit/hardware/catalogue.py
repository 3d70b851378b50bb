"""The hardware we know, from the TOML files beside this one, and how it is found by name.

A file has `hardware`, a list of rows, and `sources`, each with a url that was read for the rows
that name it and the date. `vendor` and `kind` at the top are those of all rows that have none.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from hearthub.errors import BadRequest
from hearthub.fit.hardware.device import Hardware, Source

_LONGEST_NAME = 100
_IGNORED = re.compile(
    r"\b(?:nvidia|geforce|amd|radeon|intel|apple|tesla|instinct|gpu|graphics|generation|edition"
    r"|hbm\w{0,3})\b|(?<=sxm)\d\b"
)
_SERIES = {"rtx", "gtx", "rx", "arc", "quadro"}


@cache
def hardware_catalogue() -> tuple[Hardware, ...]:
    """Every row, those with several memory sizes once for each; read at first use."""
    folder = files("hearthub.fit.hardware")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(
        hardware
        for name in names
        for hardware in _read(tomllib.loads(folder.joinpath(name).read_text("utf-8")))
    )


def find_hardware(name: str) -> Hardware:
    """The hardware of this name, whatever its case and blanks, with or without its brand.

    A part of a name will do where only one has it. Raises BadRequest with the names that come
    near where there is none or more than one.
    """
    if len(name) > _LONGEST_NAME or not (wanted := _words(name)):
        raise BadRequest("That is no name of hardware")
    if found := _index().get("".join(wanted)):
        return found
    if found := _with_size(wanted):
        return found
    catalogue = hardware_catalogue()
    partly = [each for each in catalogue if set(wanted) <= set(_words(each.name))]
    if len(partly) == 1:
        return partly[0]
    near = [each.name for each in partly] or _near("".join(wanted))
    hint = f"; did you mean {', '.join(near[:8])}?" if near else ""
    reason = "Several have" if partly else "No hardware has"
    raise BadRequest(f"{reason} the name {name!r}{hint}")


@cache
def _index() -> dict[str, Hardware]:
    """By key and name without blanks, then by alias, then without the series (`3090`)."""
    catalogue = hardware_catalogue()
    named = [(_words(name), each) for each in catalogue for name in (each.key, each.name)]
    named += [(_words(alias), each) for each in catalogue for alias in each.aliases]
    named += [([word for word in words if word not in _SERIES], each) for words, each in named]
    index: dict[str, Hardware] = {}
    for words, hardware in named:
        index.setdefault("".join(words), hardware)
    return index


def _with_size(wanted: list[str]) -> Hardware | None:
    """`RTX 3060 12 GB`, where the size says what is known anyway."""
    *words, last = wanted
    found = _index().get("".join(words))
    size = float(last.removesuffix("gb")) if last[-2:] == "gb" and last[:-2].isdecimal() else None
    return found if found and size and abs((found.memory_gib or 0) - size) < 0.07 * size else None


def _near(wanted: str) -> list[str]:
    keys = difflib.get_close_matches(wanted, _index(), n=8, cutoff=0.5)
    return list(dict.fromkeys(_index()[key].name for key in keys))


def _words(name: str) -> list[str]:
    """`NVIDIA GeForce RTX-4090` and `rtx 4090` are the same words, `16 GB` and `16gb` too."""
    text = re.sub(r"(?<=\d)\s?gi?b\b", "gb", _IGNORED.sub(" ", name.lower()))
    return re.findall(r"[a-z]+|\d+(?:gb)?|[+]", text.replace("-", " ").replace("_", " "))


def _read(file: dict[str, Any]) -> Iterator[Hardware]:
    for row in file["hardware"]:
        sources = tuple(Source(**file["sources"][name]) for name in row["sources"])
        sizes = row.get("memory")
        if not isinstance(sizes, list):
            yield _hardware(file, row, sources, row["key"], row["name"], sizes)
            continue
        for size, usable in zip(sizes, row["usable"], strict=True):
            suffix = "" if len(sizes) == 1 else f" {size:g} GB"
            key = row["key"] + suffix.lower().replace(" gb", "gb").replace(" ", "-")
            yield _hardware(file, row, sources, key, row["name"] + suffix, usable)


def _hardware(
    file: dict[str, Any],
    row: dict[str, Any],
    sources: tuple[Source, ...],
    key: str,
    name: str,
    memory: float | None,
) -> Hardware:
    return Hardware(
        key=key,
        name=name,
        vendor=row.get("vendor") or file["vendor"],
        kind=row.get("kind") or file["kind"],
        memory_gib=memory,
        bandwidth_gbs=row.get("bandwidth"),
        tflops=row.get("tflops", {}),
        architecture=row.get("architecture"),
        tdp_watts=row.get("tdp"),
        aliases=tuple(row.get("aliases", ())) if key == row["key"] else (),
        sources=sources,
    )
