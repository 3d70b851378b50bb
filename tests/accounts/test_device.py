"""Log-ins of devices: codes that are short-lived, used once, and not to be guessed."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from hearthub.accounts import Accounts
from hearthub.accounts.device import INTERVAL_S, LETTERS, LIFETIME_S, MAX_GUESSES, MAX_OF_ADDRESS
from hearthub.db import Database
from hearthub.errors import BadRequest, InvalidCredentials, NotFound, TooManyRequests


def patient(db: Database) -> None:
    """As if the device had waited as long as it was told."""
    db.execute("update device_login set polled = 0")


def test_from_a_code_to_a_token(accounts: Accounts, db: Database) -> None:
    device = accounts.device
    codes = device.start("192.0.2.1", "hf/2.4.0 \x1b[31m")
    assert re.fullmatch(rf"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", codes.user_code)
    assert device.poll(codes.device_code).refusal == "authorization_pending"
    seen = device.find("alice", codes.user_code.lower().replace("-", " "))
    assert (seen.address, seen.agent) == ("192.0.2.1", "hf/2.4.0  [31m")
    assert device.approve("alice", codes.user_code).user_code == codes.user_code
    patient(db)
    polled = device.poll(codes.device_code)
    assert polled.role == "write"
    actor = accounts.authenticate(str(polled.token))
    assert (actor.name, actor.can_write) == ("alice", True)
    (token,) = accounts.tokens("alice")
    assert token.name == "Device: hf/2.4.0  [31m (alice)"
    assert token.expires is not None
    assert token.expires - token.created == 90 * 86_400_000
    assert device.poll(codes.device_code).refusal == "invalid", "a code is for one token"
    with pytest.raises(NotFound):
        device.approve("alice", codes.user_code)
    assert len(accounts.tokens("alice")) == 1


def test_a_token_that_may_only_read(accounts: Accounts) -> None:
    codes = accounts.device.start("192.0.2.1", "")
    with pytest.raises(BadRequest):
        accounts.device.approve("alice", codes.user_code, "admin")
    accounts.device.approve("alice", codes.user_code, "read")
    polled = accounts.device.poll(codes.device_code)
    assert not accounts.authenticate(str(polled.token)).can_write


def test_nothing_of_a_code_is_kept(accounts: Accounts, db: Database) -> None:
    codes = accounts.device.start("192.0.2.1", "hf")
    rows = db.all("select * from device_login")
    assert codes.device_code not in str(rows)


def test_denied(accounts: Accounts) -> None:
    codes = accounts.device.start("192.0.2.1", "hf")
    accounts.device.deny("alice", codes.user_code)
    with pytest.raises(NotFound):
        accounts.device.approve("Bob", codes.user_code)
    assert accounts.device.poll(codes.device_code).refusal == "access_denied"
    assert accounts.device.poll(codes.device_code).refusal == "invalid"
    assert accounts.tokens("alice") == accounts.tokens("Bob") == []


def test_expired(accounts: Accounts, db: Database) -> None:
    codes, other = (accounts.device.start("192.0.2.1", "hf") for _ in range(2))
    accounts.device.approve("alice", other.user_code)
    db.execute("update device_login set expires = expires - :ms", ms=LIFETIME_S * 1000)
    with pytest.raises(NotFound):
        accounts.device.approve("alice", codes.user_code)
    for late in (codes, other):
        assert accounts.device.poll(late.device_code).refusal == "expired_token"
    db.execute("update device_login set expires = expires - 3600000")
    accounts.device.start("192.0.2.1", "hf")
    assert db.value("select count(*) from device_login") == 1
    assert accounts.device.poll(codes.device_code).refusal == "invalid"


def test_a_device_that_is_impatient(accounts: Accounts, db: Database) -> None:
    codes = accounts.device.start("192.0.2.1", "hf")
    found = [accounts.device.poll(codes.device_code).refusal for _ in range(3)]
    assert found == ["authorization_pending", "slow_down", "slow_down"]
    db.execute("update device_login set polled = polled - :ms", ms=INTERVAL_S * 1000)
    assert accounts.device.poll(codes.device_code).refusal == "authorization_pending"


def test_guessing(accounts: Accounts) -> None:
    codes = accounts.device.start("192.0.2.1", "hf")
    for number in range(MAX_GUESSES):
        with pytest.raises(NotFound):
            accounts.device.approve("charlie", f"BBBB-BBB{LETTERS[number]}")
    for call in (accounts.device.approve, accounts.device.find, accounts.device.deny):
        with pytest.raises(TooManyRequests):
            call("charlie", codes.user_code)
    accounts.device.approve("alice", codes.user_code)


def test_guessing_at_once(accounts: Accounts) -> None:
    def guess(number: int) -> bool:
        try:
            accounts.device.find("charlie", f"BBBB-BB{LETTERS[number % 20]}{LETTERS[number // 20]}")
        except NotFound:
            return True
        except TooManyRequests:
            return False
        raise AssertionError("nothing waits")

    with ThreadPoolExecutor(32) as pool:
        assert sum(pool.map(guess, range(200))) == MAX_GUESSES


def test_right_codes_are_no_guesses(accounts: Accounts) -> None:
    codes = accounts.device.start("192.0.2.1", "hf")
    for _ in range(2 * MAX_GUESSES):
        assert accounts.device.find("charlie", codes.user_code)


def test_who_does_not_slow_down_makes_us_write_nothing(accounts: Accounts, db: Database) -> None:
    codes = accounts.device.start("192.0.2.1", "hf")
    accounts.device.poll(codes.device_code)
    before = db.value("select polled from device_login")
    db.execute("update device_login set polled = polled - 100")
    for _ in range(3):
        assert accounts.device.poll(codes.device_code).refusal == "slow_down"
    assert db.value("select polled from device_login") == before - 100
    assert accounts.device.approve("alice", codes.user_code)
    assert accounts.device.poll(codes.device_code).token, "whoever is let in need not wait"


def test_one_address_does_not_take_all_codes(accounts: Accounts, db: Database) -> None:
    for _ in range(MAX_OF_ADDRESS):
        accounts.device.start("192.0.2.1", "hf")
    with pytest.raises(TooManyRequests):
        accounts.device.start("192.0.2.1", "hf")
    accounts.device.start("192.0.2.2", "hf")
    db.execute("update device_login set expires = expires - :ms", ms=LIFETIME_S * 1000)
    accounts.device.start("192.0.2.1", "hf")


def test_a_user_who_is_disabled_meanwhile(accounts: Accounts) -> None:
    codes = accounts.device.start("192.0.2.1", "hf")
    accounts.device.approve("Bob", codes.user_code)
    accounts.set_disabled("Bob", True)
    assert accounts.device.poll(codes.device_code).refusal == "access_denied"
    assert accounts.tokens("Bob") == []
    for name in ("nobody", "acme"):
        with pytest.raises(NotFound):
            accounts.device.approve(name, codes.user_code)


def test_two_who_poll_at_once(accounts: Accounts, db: Database) -> None:
    codes = accounts.device.start("192.0.2.1", "hf")
    accounts.device.approve("alice", codes.user_code)
    with ThreadPoolExecutor(8) as pool:
        polled = list(pool.map(lambda _: accounts.device.poll(codes.device_code), range(8)))
    assert len([it for it in polled if it.token]) == 1
    assert {it.refusal for it in polled if not it.token} == {"invalid"}
    assert len(accounts.tokens("alice")) == 1


def test_codes_that_are_none(accounts: Accounts) -> None:
    for code in ("", "x" * 10_000, "\ud800", "é"):
        assert accounts.device.poll(code).refusal == "invalid"
        with pytest.raises(NotFound):
            accounts.device.find("alice", code)
    with pytest.raises(InvalidCredentials):
        accounts.authenticate("")


def test_the_token_is_in_the_log(accounts: Accounts, db: Database) -> None:
    codes = accounts.device.start("192.0.2.1", "hf")
    accounts.device.approve("alice", codes.user_code)
    before = db.value("select max(id) from event")
    assert accounts.device.poll(codes.device_code).token
    [row] = db.all("select kind, actor_id, payload from event where id > :id", id=before)
    alice = accounts.account("alice")
    assert alice
    assert (row.kind, row.actor_id) == ("TokenAdded", alice.id)
    assert "Device: hf" in row.payload
