"""`hearthub fit`: what a name says, and the hardware that is known."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from hearthub.cli.common import Json, show

if TYPE_CHECKING:
    from hearthub.fit.hardware import Hardware

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def name(
    repo: Annotated[str, typer.Argument(metavar="NAME", help="A repo or a file.")],
    as_json: Json = False,
) -> None:
    """What a model's name says: sizes in billions, quantisation, variants. A name is a hint."""
    from hearthub.fit.names import parse_name

    facts = parse_name(repo).to_json()
    if as_json:
        print(json.dumps(facts))
        return
    for key, value in facts.items():
        words = ", ".join(map(str, value)) if isinstance(value, list) else f"{value}"
        print(f"{MEANINGS[key]}: {words}")
    if not facts:
        print("The name says nothing of size or quantisation")


@app.command()
def hardware(
    wanted: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|auto]", help="One of them, or this machine (auto)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """The hardware that is known: memory, bandwidth, and where its figures were read (`--json`)."""
    from hearthub.fit.hardware import detect, find_hardware, hardware_catalogue

    if wanted is None:
        found = list(hardware_catalogue())
    elif wanted == "auto":
        machine = detect()
        found = [*machine.gpus, machine.cpu]
    else:
        found = [find_hardware(wanted)]
    show([_row(it, whole=as_json) for it in found], as_json)


MEANINGS = {
    "t": "parameters (billions)",
    "a": "active parameters (billions)",
    "e": "effective parameters (billions)",
    "x": "experts",
    "per": "of each expert (billions)",
    "q": "quantisation",
    "fam": "format",
    "bits": "bits",
    "shard": "part, of",
    "v": "variants",
}


def _row(it: "Hardware", *, whole: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "key": it.key,
        "name": it.name,
        "memory_gib": it.memory_gib,
        "bandwidth_gbs": it.bandwidth_gbs,
        "tflops": it.best_tflops,
    }
    if not whole:
        return row
    return row | {
        "vendor": it.vendor,
        "kind": it.kind,
        "tflops": dict(it.tflops),
        "architecture": it.architecture,
        "tdp_watts": it.tdp_watts,
        "free_gib": it.free_gib,
        "ram_gib": it.ram_gib,
        "sources": [{"url": source.url, "read": source.read} for source in it.sources],
    }
