"""`hearthub apply`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthub.cli.common import Data, Json, open_whole_hub
from hearthub.errors import BadRequest

if TYPE_CHECKING:
    from hearthub.declared import Plan


def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML; see docs/operations.md.")],
    plan_only: Annotated[
        bool, typer.Option("--plan", "--dry-run", help="Show what would be done; do nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Make users, organisations, members, tokens and repos what FILE says, after showing a plan.

    What FILE does not mention stays as it is.
    """
    from hearthub.declared import Declared

    with open_whole_hub(data, make=True) as hub:
        declared = Declared(hub.db, hub.accounts, hub.registry, hub.sandbox)
        plan = declared.plan(file)
        if not as_json:
            _show(plan)
        wanted = not plan_only and not plan.is_empty
        can_ask = sys.stdin.isatty() and not as_json
        sure = wanted and (yes or (can_ask and typer.confirm("Do this?")))
        if sure:
            declared.apply(plan)
    if as_json:
        print(json.dumps({"plan": _rows(plan), "applied": sure}, indent=2))
    elif sure:
        print("Done")
    if wanted and not sure:
        sys.stdout.flush()
        raise BadRequest("Nothing was changed: --yes does it without asking, --plan only shows it")


def _show(plan: "Plan") -> None:
    for step in plan.steps:
        print(f"{step.action:6}  {step.what}" + (f"  ({step.detail})" if step.detail else ""))
    if plan.is_empty:
        print("Nothing to change")
        return
    counts = (f"{plan.count(action)} to {action}" for action in ("create", "change", "keep"))
    print(", ".join(counts))


def _rows(plan: "Plan") -> list[dict[str, str]]:
    return [
        {"action": step.action, "what": step.what, "detail": step.detail} for step in plan.steps
    ]
