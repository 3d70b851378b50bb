"""`hearthub catalogue`: what lists and search read, made anew."""

import json
import time

import typer

from hearthub.cli.common import Data, Json, open_whole_hub
from hearthub.cli.progress import Progress

app = typer.Typer(no_args_is_help=True)


@app.callback()
def catalogue() -> None:
    """Keeps `rebuild` a command of its own while it is the only one."""


@app.command()
def rebuild(data: Data = None, as_json: Json = False) -> None:
    """Make the catalogue anew from repos, commits and counters. A running hub may go on."""
    started = time.monotonic()
    with open_whole_hub(data) as hub, Progress() as say:
        count = hub.catalogue.rebuild(lambda done: say(f"{done:,} listings"))
    seconds = round(time.monotonic() - started, 1)
    if as_json:
        print(json.dumps({"listings": count, "seconds": seconds}))
    else:
        print(f"{count:,} listings in {seconds} s")
