"""How long an upstream may ask us to wait."""

import time
from email.utils import formatdate

import pytest

from hearthub.errors import UpstreamFailed
from hearthub.upstream import pacing
from hearthub.upstream.pacing import Fault, Pace, Patience, Stopped, asked_wait


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "-7"}, 0),
        ({"retry-after": "9" * 5000}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"ratelimit": '"api";r=0;t=55'}, 55),
        ({"ratelimit": '"api";r=12;t=55'}, 0),
        ({"ratelimit": '"api";r=0;t=5', "retry-after": "9"}, 9),
        ({"ratelimit": "r=0;t=x"}, 0),
    ],
)
def test_asked_wait(headers: dict[str, str], seconds: float) -> None:
    assert asked_wait(headers) == seconds


def test_asked_wait_until_a_date() -> None:
    wait = asked_wait({"retry-after": formatdate(time.time() + 1000, usegmt=True)})
    assert 900 < wait <= 1000


def test_patience_ends_and_progress_renews_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "FIRST_WAIT_S", 0.0)
    patience = Patience(Pace())
    for _ in range(3):
        for _ in range(pacing.ATTEMPTS - 1):
            patience.failed(Fault("busy"))
        patience.progressed()
    for _ in range(pacing.ATTEMPTS - 1):
        patience.failed(Fault("busy"))
    with pytest.raises(UpstreamFailed, match="busy"):
        patience.failed(Fault("busy"))


def test_one_wait_holds_all_and_a_stop_ends_it() -> None:
    pace = Pace()
    pace.hold(1000)
    pace.stop()
    with pytest.raises(Stopped):
        pace.wait()
