"""The door of this part: `Declared`."""

from pathlib import Path

from hearthub.accounts import Accounts
from hearthub.db import Database
from hearthub.declared import file
from hearthub.declared.plan import Plan, Planner
from hearthub.registry import Registry
from hearthub.sandbox import Sandbox


class Declared:
    """What a file says there shall be. What it does not mention is left as it is."""

    def __init__(
        self, db: Database, accounts: Accounts, registry: Registry, sandbox: Sandbox
    ) -> None:
        self._db, self._accounts, self._registry = db, accounts, registry
        self._sandbox = sandbox

    def plan(self, path: Path) -> Plan:
        """What would be done, all of it checked; changes nothing.

        Raises BadRequest, Conflict or NotFound with the file's name and the entry.
        """
        declaration = file.read(path, self._sandbox)
        return Planner(self._accounts, self._registry).plan(declaration)

    def apply(self, plan: Plan) -> None:
        """Do it: all of it, or, when something is in the way after all, nothing."""
        for password in plan.passwords:  # slow, and others wait for the transaction
            password.prepare()
        with self._db.transaction():
            for step in plan.steps:
                if step.act:
                    step.act()
