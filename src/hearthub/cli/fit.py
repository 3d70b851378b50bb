"""`hearthub fit`: what is inside a model, which hardware it fits, and how to run it."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hearthub.cli import fit_targets, fit_text
from hearthub.cli.common import Json
from hearthub.cli.common import show as table
from hearthub.errors import BadRequest

if TYPE_CHECKING:
    from hearthub.fit import Hardware

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class CacheType(StrEnum):
    f16 = "f16"
    q8_0 = "q8_0"
    q4_0 = "q4_0"
    fp8 = "fp8"


class Train(StrEnum):
    full = "full"
    lora = "lora"
    qlora = "qlora"


Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="A file, a folder, or ID[@REV] on HF_ENDPOINT.")
]
File = Annotated[
    str | None,
    typer.Option("--file", metavar="F", help="Which weights: a file's name, or such as Q4_K_M."),
]
HardwareNames = Annotated[
    list[str] | None,
    typer.Option("--hardware", metavar="NAME|auto", help="What it shall run on. May be repeated."),
]
Gpus = Annotated[int, typer.Option("--gpus", metavar="N", help="So many of it.")]
Vram = Annotated[
    float | None, typer.Option("--vram", metavar="GiB", help="Memory of one GPU, if not known.")
]
Ram = Annotated[
    float | None, typer.Option("--ram", metavar="GiB", help="Memory beside it, or of a CPU.")
]
Context = Annotated[
    int | None,
    typer.Option(
        "--context", metavar="N", show_default="the model's, at most 8192", help="Tokens."
    ),
]
Parallel = Annotated[int, typer.Option("--parallel", metavar="N", help="Sequences at a time.")]
Cache = Annotated[CacheType, typer.Option("--cache-type", help="Of cached keys and values.")]
Engine = Annotated[
    str | None, typer.Option("--engine", metavar="E", help="Such as vllm, llama.cpp, transformers.")
]
Training = Annotated[Train | None, typer.Option("--train", help="Train it instead.")]
Price = Annotated[
    float | None, typer.Option("--price", metavar="P", help="Of an hour of the hardware.")
]


@app.command()
def show(
    target: Target,
    file: File = None,
    hardware: HardwareNames = None,
    gpus: Gpus = 1,
    vram: Vram = None,
    ram: Ram = None,
    context: Context = None,
    parallel: Parallel = 1,
    cache_type: Cache = CacheType.f16,
    engine: Engine = None,
    train: Training = None,
    price: Price = None,
    as_json: Json = False,
) -> None:
    """What a model is, what it needs, whether it fits, about how fast it runs, and how to run it.

    Read from headers, configs and the card alone: weights are not downloaded.
    """
    from hearthub.fit import Wanted, hardware_named, report_json

    wanted = Wanted(
        hardware=hardware_named(tuple(hardware or ()), vram_gib=vram, ram_gib=ram),
        gpus=gpus,
        context=context,
        parallel=parallel,
        cache_type=cache_type.value,
        engine=engine,
        train=train.value if train else None,
        price=price,
        file=file,
        endpoint=fit_targets.endpoint(),
    )
    with fit_targets.opened() as targets:
        model = targets.model(target)
        derivatives = targets.derivatives(model) if wanted.hardware else []
        report = targets.fit.show(model, wanted, targets.base, derivatives)
    print(json.dumps(report_json(report), indent=2) if as_json else fit_text.report(report))


@app.command()
def where(
    target: Target,
    file: File = None,
    hardware: HardwareNames = None,
    gpus: Gpus = 1,
    ram: Ram = None,
    context: Context = None,
    parallel: Parallel = 1,
    cache_type: Cache = CacheType.f16,
    engine: Engine = None,
    train: Training = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="The first N; 0 for all.")
    ] = 20,
    as_json: Json = False,
) -> None:
    """Rank hardware for a model: what it fits first, and of that the smallest."""
    from hearthub.fit import Wanted, hardware_named, placed_json

    wanted = Wanted(
        hardware=hardware_named(tuple(hardware), ram_gib=ram) if hardware else (),
        gpus=gpus,
        context=context,
        parallel=parallel,
        cache_type=cache_type.value,
        engine=engine,
        train=train.value if train else None,
        file=file,
    )
    with fit_targets.opened() as targets:
        found = targets.fit.where(targets.model(target), wanted, targets.base)
    shown = found[:limit] if limit > 0 else found
    if as_json:
        rows = [placed_json(each, None, each.memory.context) for each in shown]
        print(json.dumps(rows, indent=2))
        return
    table([fit_text.row(each) for each in shown], as_json=False)
    if len(shown) < len(found):
        print(f"and {len(found) - len(shown)} more (--limit 0 shows all)")


@app.command()
def compare(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="Models.")],
    hardware: HardwareNames = None,
    context: Context = None,
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """A table of models: parameters, context, licence, formats, best fit, results, main use.

    The best fit is the smallest hardware that it fits: of those named, else of all that is known.
    """
    from hearthub.fit import (
        Wanted,
        column_json,
        column_texts,
        columns_csv,
        columns_markdown,
        hardware_named,
    )

    if as_json + as_markdown + as_csv > 1:
        raise BadRequest("Choose one of --json, --markdown and --csv")
    wanted = Wanted(hardware=hardware_named(tuple(hardware or ())), context=context)
    with fit_targets.opened() as opened:
        models = [opened.model(target) for target in targets]
        columns = opened.fit.compare(models, wanted, opened.base)
    if as_json:
        print(json.dumps([column_json(column) for column in columns], indent=2))
    elif as_markdown:
        print(columns_markdown(columns))
    elif as_csv:
        print(columns_csv(columns))
    else:
        print(fit_text.columns(column_texts(columns)))


@app.command()
def name(
    repo: Annotated[str, typer.Argument(metavar="NAME", help="A repo or a file.")],
    as_json: Json = False,
) -> None:
    """What a model's name says: sizes in billions, quantisation, variants. A name is a hint."""
    from hearthub.fit import parse_name

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
    from hearthub.fit import detect, find_hardware, hardware_catalogue

    if wanted is None:
        found = list(hardware_catalogue())
    elif wanted == "auto":
        machine = detect()
        found = [*machine.gpus, machine.cpu]
    else:
        found = [find_hardware(wanted)]
    table([_row(it, whole=as_json) for it in found], as_json)


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
