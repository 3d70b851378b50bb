"""Runs a scenario, a script of steps, in a client's own interpreter against the live hub."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from clients.compatibility import Compatibility, failures
from live import LiveHub

SCENARIOS = Path(__file__).parent / "scenarios"
LIMIT_S = 120


@dataclass
class Runner:
    hub: LiveHub
    compatibility: Compatibility
    folder: Path

    def __call__(
        self,
        section: str,
        client: str,
        command: Sequence[str | Path],
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Run `command` with an empty home and record its steps as `section`, `client`.

        A scenario appends one JSON line per step to the file `$STEPS`, and finds the tokens of
        the cast as JSON in `$TOKENS`. Fails when a step failed, when the script itself did, or
        when the committed page of compatibility says something else than what ran.
        """
        steps = self.folder / "steps.jsonl"
        steps.touch()
        cast = {
            "STEPS": str(steps),
            "TOKENS": json.dumps(self.hub.tokens),
            "READ_TOKENS": json.dumps(self.hub.read_tokens),
            "CLIENT": client.replace(" ", "-").replace("@", "").replace("/", "-"),
        }
        script = subprocess.run(
            [str(word) for word in command],
            cwd=self.folder,
            env=self.hub.env(self.folder, **cast, **(env or {})),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        outcomes = [json.loads(line) for line in steps.read_text().splitlines()]
        column = {each["operation"]: each["outcome"] for each in outcomes}
        self.compatibility.add(section, client, column)
        if wrong := failures(outcomes):
            pytest.fail(wrong, pytrace=False)
        if script.returncode != 0 or not outcomes:
            pytest.fail(
                f"{script.args} ended early:\n{script.stdout}{script.stderr}", pytrace=False
            )
        self.compatibility.check(section, client)
