"""Names that are the same in any case, of which a stranger may write a thousand forms."""

from itertools import product

import pytest

from catalogue.shelves import ELSEWHERE, everything, names, observed
from catalogue.ways import take
from hearthub.accounts import ANONYMOUS
from hearthub.catalogue import Filter, Page
from hearthub.catalogue.planner import MAX_SPELLINGS
from hearthub.context import Hub

BASE = "base_model:meta-llama/llama"
FORMS = [
    "".join(letter.upper() if up else letter for letter, up in zip(BASE, ups, strict=False))
    + BASE[10:]
    for ups in product((False, True), repeat=10)
    if not ups[4]  # that of the underscore changes nothing
]


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    return own_hub


@pytest.mark.parametrize("walk", [True, False], ids=["walk", "postings"])
def test_a_thousand_spellings(hub: Hub, monkeypatch: pytest.MonkeyPatch, walk: bool) -> None:
    take(monkeypatch, walk=walk)
    rare, common = FORMS[300], FORMS[-1]
    hub.catalogue.observe(
        observed(f"mallory/{at}", tags=FORMS[at : at + 400]) for at in range(0, len(FORMS), 400)
    )
    hub.catalogue.observe(observed(f"acme/{n}", tags=[common]) for n in range(3))
    hub.catalogue.observe([observed("acme/rare", tags=[rare])])
    assert len(set(FORMS)) > 10 * MAX_SPELLINGS
    for asked in (rare, common, BASE):
        wanted = Filter("model", [[("tag", asked)]], origin=ELSEWHERE)
        found = set(names(everything(hub, ANONYMOUS, wanted, Page("created"))))
        assert {f"acme/{n}" for n in range(3)} <= found
    wanted = Filter("model", [[("tag", rare)]], origin=ELSEWHERE)
    assert "acme/rare" in names(everything(hub, ANONYMOUS, wanted, Page("created")))
