"""`hearthub gc`."""

import dataclasses
import json
import sys
from typing import Annotated

import typer

from hearthub.cli.common import Data, Json, open_whole_hub, show


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Delete what no branch, tag or recent upload needs. A running hub does so once a day."""
    from hearthub.cli.progress import Progress

    with open_whole_hub(data) as hub, Progress() as progress:
        tally = hub.registry.collect(dry=dry_run, report=progress)
    kinds = {kind: dataclasses.asdict(count) for kind, count in sorted(tally.kinds.items())}
    if as_json:
        answer = {"dry_run": dry_run, "kinds": kinds, "notes": tally.notes}
        print(json.dumps(answer, indent=2))
        return
    removed = "would go" if dry_run else "removed"
    rows = [
        {
            "what": kind,
            removed: count["removed"],
            "bytes": count["removed_bytes"],
            "in their grace period": count["waiting"],
            "bytes of those": count["waiting_bytes"],
        }
        for kind, count in kinds.items()
    ]
    show(rows, as_json=False)
    if not tally.removed:
        print("Nothing would go" if dry_run else "Nothing to remove")
    for note in tally.notes:
        print(f"hearthub: {note}", file=sys.stderr)
