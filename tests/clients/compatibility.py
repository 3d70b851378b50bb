"""What the real clients did: outcomes by section, client and operation, and the table of them.

`docs/compatibility.md` is that table. It is written by a run of the client tests with
`HEARTHUB_WRITE_COMPATIBILITY=1`; every other run fails where the committed table says more, less
or something else than what just ran.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
YES, NO, ABSENT = "yes", "no", "absent"

Column = dict[str, str]  # operation -> YES, NO or ABSENT

INTRODUCTION = """\
# Compatibility

Unmodified clients against a running hub, with nothing set but `HF_ENDPOINT` and a token. This page
is written by the tests in `tests/clients`, from what they ran
(`HEARTHUB_WRITE_COMPATIBILITY=1 make test-clients`), and each run checks it.

*yes*: did what it should. *no*: did not. *absent*: this client has no such operation.
"""


@dataclass
class Compatibility:
    """`sections[section][client]` is a column, in the order in which they ran."""

    sections: dict[str, dict[str, Column]] = field(default_factory=dict)

    def add(self, section: str, client: str, column: Column) -> None:
        self.sections.setdefault(section, {})[client] = column

    def add_one(self, section: str, client: str, operation: str, outcome: str) -> None:
        """One operation; of several outcomes of the same one the bad one stays."""
        column = self.sections.setdefault(section, {}).setdefault(client, {})
        if column.get(operation) != NO:
            column[operation] = outcome

    def check(self, section: str, client: str, page: Path = PAGE) -> None:
        """The committed page says of this client and section what ran, no more and no less."""
        if writes():
            return
        ran = self.sections[section][client]
        said = read_page(page.read_text(encoding="utf-8")).get(section, {}).get(client, {})
        assert said == ran, f"{page.name} is not what ran; HEARTHUB_WRITE_COMPATIBILITY=1 writes it"

    def page(self) -> str:
        return "\n".join([INTRODUCTION, *map(self._table, sorted(self.sections))])

    def _table(self, section: str) -> str:
        columns = self.sections[section]
        operations = list(dict.fromkeys(name for column in columns.values() for name in column))
        lines = [
            f"## {section}\n",
            _row("operation", *columns),
            _row(*["---"] * (len(columns) + 1)),
        ]
        lines += [
            _row(name, *(column.get(name, "") for column in columns.values()))
            for name in operations
        ]
        return "\n".join(lines) + "\n"


def writes() -> bool:
    return os.environ.get("HEARTHUB_WRITE_COMPATIBILITY") == "1"


def read_page(text: str) -> dict[str, dict[str, Column]]:
    """The sections of a page as `Compatibility` holds them; empty cells are left out."""
    sections: dict[str, dict[str, Column]] = {}
    columns: dict[str, Column] = {}
    for line in text.splitlines():
        if line.startswith("## "):
            columns = sections.setdefault(line.removeprefix("## "), {})
        elif line.startswith("| operation |"):
            columns |= {client: {} for client in _cells(line)[1:]}
        elif line.startswith("| ") and not line.startswith("| ---"):
            name, *cells = _cells(line)
            for column, cell in zip(columns.values(), cells, strict=True):
                if cell:
                    column[name] = cell
    return sections


def failures(outcomes: list[Mapping[str, str]]) -> str:
    """The steps that went wrong, each with its traceback."""
    return "\n\n".join(
        f"-- {each['operation']}\n{each.get('error', '')}"
        for each in outcomes
        if each["outcome"] == NO
    )


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
