"""A repo that is deleted while a list is being written."""

from pathlib import Path

import pytest

from hearthub.api.describe import row_names
from hearthub.api.lists import described_rows
from hearthub.app import open_hub
from hearthub.catalogue import Filter, Page
from hearthub.settings import Settings


@pytest.mark.parametrize("fields", [[], ["sha"], ["siblings"], ["author"]], ids=str)
def test_what_is_gone_is_left_out(tmp_path: Path, fields: list[str]) -> None:
    with open_hub(Settings(data=tmp_path)) as hub:
        hub.accounts.add_user("alice")
        alice = hub.accounts.authenticate(hub.accounts.add_token("alice", "write"))
        for name in ("kept", "gone"):
            hub.registry.create(alice, "model", f"alice/{name}")
        hub.jobs.run_due()
        rows, _ = hub.catalogue.page(alice, Filter("model"), Page())
        assert len(rows) == 2
        hub.registry.delete(alice, "model", "alice/gone")
        hub.jobs.run_due()
        names = row_names("model", full=True, config=True, card=True)
        found = described_rows(hub, rows, fields, names)
    ids = [row["id"] for row in found]
    assert "alice/kept" in ids
    assert ids == ["alice/kept"] or fields == ["author"]
