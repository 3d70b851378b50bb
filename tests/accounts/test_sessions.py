"""Sessions: when they end, and what ends them."""

import orjson
import pytest

from hearthub.accounts import Accounts
from hearthub.accounts.sessions import DAY_MS, IDLE_MS, LONGEST_MS, MOST
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import BadRequest, InvalidCredentials, NotFound


@pytest.fixture
def user(accounts: Accounts) -> int:
    return accounts.add_user("dora", password="good password").id


def test_open_and_close(accounts: Accounts, user: int) -> None:
    token = accounts.open_session("Dora", "good password", "Firefox\non Linux" + "x" * 200)
    found = accounts.by_session(token)
    assert found is not None
    actor, session = found
    assert (actor.user_id, actor.name, actor.can_write, actor.token) == (user, "dora", True, None)
    assert session.agent.startswith("Firefoxon Linux")
    assert len(session.agent) == 100
    accounts.close_session(token)
    assert accounts.by_session(token) is None
    with pytest.raises(InvalidCredentials):
        accounts.open_session("dora", "bad password")


def test_roles_come_with_it(accounts: Accounts) -> None:
    accounts.set_password("bob", "good password")
    found = accounts.by_session(accounts.open_session("bob", "good password"))
    acme = accounts.account("acme")
    assert found is not None
    assert acme is not None
    assert found[0].roles == {acme.id: "write"}


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 10_000])
def test_made_up(accounts: Accounts, user: int, token: str) -> None:
    accounts.start_session(user)
    assert accounts.by_session(token) is None


def test_each_is_new_and_only_a_hash_is_kept(accounts: Accounts, db: Database, user: int) -> None:
    first, second = (accounts.start_session(user) for _ in range(2))
    assert first != second
    assert len(first) >= 43  # 256 bits
    stored = str([tuple(row) for row in db.all("select * from session")])
    assert first not in stored


def test_it_slides_and_ends(accounts: Accounts, db: Database, user: int) -> None:
    token, now = accounts.start_session(user), now_ms()

    def expires() -> int:
        found = accounts.by_session(token)  # which notes it
        assert found is not None
        return int(db.value("select expires from session"))

    assert abs(expires() - now - IDLE_MS) < 60_000
    db.execute("update session set seen = :at, expires = :soon", at=now - DAY_MS, soon=now + 60_000)
    assert expires() >= now + IDLE_MS
    # However often somebody comes, it ends.
    old = now - LONGEST_MS + 60_000
    db.execute("update session set seen = :at, created = :old", at=now - DAY_MS, old=old)
    assert expires() == old + LONGEST_MS
    db.execute("update session set expires = :now", now=now - 1)
    assert accounts.by_session(token) is None
    assert accounts.sessions(user) == []


def test_a_new_password_ends_the_others(accounts: Accounts, user: int) -> None:
    kept, other = (accounts.start_session(user) for _ in range(2))
    found = accounts.by_session(kept)
    assert found is not None
    accounts.set_password("dora", "better password", keep=found[1].id)
    assert accounts.by_session(kept) is not None
    assert accounts.by_session(other) is None
    accounts.set_password("dora", "best password")
    assert accounts.by_session(kept) is None


def test_disabled(accounts: Accounts, user: int) -> None:
    token = accounts.start_session(user)
    accounts.set_disabled("dora", True)
    accounts.set_disabled("dora", False)
    assert accounts.by_session(token) is None


def test_list_and_end(accounts: Accounts, user: int) -> None:
    accounts.set_password("bob", "good password")
    mine = [accounts.start_session(user, f"browser {n}") for n in range(2)]
    theirs = accounts.open_session("bob", "good password")
    found = accounts.by_session(theirs)
    assert found is not None
    with pytest.raises(NotFound):
        accounts.end_session(user, found[1].id)
    assert [it.agent for it in accounts.sessions(user)] == ["browser 1", "browser 0"]
    accounts.end_session(user, accounts.sessions(user)[0].id)
    assert [accounts.by_session(it) is None for it in mine] == [False, True]
    accounts.end_sessions(user)
    assert accounts.by_session(mine[0]) is None
    assert accounts.by_session(theirs) is not None


def test_only_so_many(accounts: Accounts, user: int) -> None:
    tokens = [accounts.start_session(user) for _ in range(MOST + 1)]
    assert accounts.by_session(tokens[0]) is None
    assert accounts.by_session(tokens[1]) is not None


def test_hardware(accounts: Accounts, user: int) -> None:
    assert accounts.hardware_of(user) is None
    accounts.set_hardware(user, "RTX 4090")
    assert accounts.hardware_of(user) == "RTX 4090"
    with pytest.raises(BadRequest):
        accounts.set_hardware(user, "x" * 200)
    accounts.set_hardware(user, None)
    assert accounts.hardware_of(user) is None


def test_the_log_tells_which_sessions_their_user_ended(
    accounts: Accounts, db: Database, user: int
) -> None:
    def ended() -> list[str]:
        rows = db.all(
            "select payload from event where kind = 'SessionsEnded' and account_id = :user"
            " and actor_id = :user order by id",
            user=user,
        )
        return [orjson.loads(row.payload)["what"] for row in rows]

    tokens = [accounts.open_session("dora", "good password") for _ in range(3)]
    accounts.close_session(tokens[0])
    accounts.close_session(tokens[0])  # nothing to tell: it has ended already
    assert ended() == ["log-out"]
    found = accounts.by_session(tokens[1])
    assert found is not None
    accounts.end_session(user, found[1].id)
    with pytest.raises(NotFound):
        accounts.end_session(user, found[1].id)
    accounts.end_sessions(user)
    accounts.end_sessions(user)
    assert ended() == ["log-out", "one", "all"]
    assert accounts.sessions(user) == []
