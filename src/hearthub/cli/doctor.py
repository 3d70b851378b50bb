"""`hearthub doctor`."""

import dataclasses
import json

import typer

from hearthub.cli.common import Data, Json, settings_for


def doctor(as_json: Json = False, data: Data = None) -> None:
    """Look for what is wrong, and say what to do; exit status 1 when something cannot work."""
    from hearthub.cli.checks import CHECKS, FAIL
    from hearthub.cli.database_checks import database_checks

    settings = settings_for(data)
    findings = [check(settings) for check in CHECKS]
    findings += database_checks(settings)
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{finding.status:4}  {finding.name}: {finding.message}")
            if finding.advice:
                print(f"      -> {finding.advice}")
    if any(finding.status == FAIL for finding in findings):
        raise typer.Exit(1)
