import re
import sqlite3
import string
import zlib
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthub.accounts import Accounts, tokens
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import BadRequest, Conflict, InvalidCredentials, NotFound

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
GIVEN = "hf_" + "A1_b" * 5


def test_a_token_has_the_form_clients_know(accounts: Accounts) -> None:
    token = accounts.add_token("alice")
    assert re.fullmatch(r"hf_[0-9A-Za-z]{40}", token)
    number = 0
    for digit in token[-6:]:
        number = number * 62 + DIGITS.index(digit)
    assert number == zlib.crc32(token[:-6].encode())
    assert accounts.add_token("alice") != token


@given(st.text(max_size=50))
def test_the_checksum_reads_back(body: str) -> None:
    digits = tokens.checksum(body)
    assert len(digits) == 6
    number = 0
    for digit in digits:
        number = number * 62 + DIGITS.index(digit)
    assert number == zlib.crc32(body.encode())


def test_only_a_hash_is_stored(accounts: Accounts, db: Database, tmp_path: Path) -> None:
    token = accounts.add_token("alice")
    row = db.one("select * from token")
    assert row is not None
    assert row.hash == sha256(token.encode()).hexdigest()
    assert row.hint == token[-4:]
    for path in tmp_path.iterdir():
        assert token.encode() not in path.read_bytes()


def test_a_token_says_who_comes(accounts: Accounts) -> None:
    accounts.add_user("boss", admin=True)
    actor = accounts.authenticate(accounts.add_token("Bob", "ci", "read"))
    acme, bob = accounts.account("acme"), accounts.account("bob")
    assert acme is not None
    assert bob is not None
    assert (actor.user_id, actor.name, actor.is_admin) == (bob.id, "Bob", False)
    assert actor.roles == {acme.id: "write"}
    assert not actor.can_write  # whatever bob may do in acme
    assert actor.token is not None
    assert (actor.token.name, actor.token.role) == ("ci", "read")
    assert accounts.authenticate(accounts.add_token("bob")).can_write
    assert accounts.authenticate(accounts.add_token("boss")).is_admin


def test_authentication_is_one_query(accounts: Accounts, db: Database) -> None:
    accounts.add_org("second", creator=1)
    token, statements = accounts.add_token("alice"), []
    driver = db.connection().connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.set_trace_callback(statements.append)
    assert len(accounts.authenticate(token).roles) == 2
    assert len(statements) == 1


def refusal(accounts: Accounts, token: str) -> str:
    with pytest.raises(InvalidCredentials) as refused:
        accounts.authenticate(token)
    return str(refused.value)


def test_a_bad_token_is_refused_in_the_same_words(accounts: Accounts, db: Database) -> None:
    expired, revoked = accounts.add_token("alice", expires_days=1), accounts.add_token("bob")
    disabled = accounts.add_token("charlie")
    for token in (expired, revoked, disabled):
        accounts.authenticate(token)
    db.execute("update token set expires = :now where expires is not null", now=now_ms())
    accounts.revoke_token("bob", "default")
    accounts.set_disabled("charlie", True)
    bad = [expired, revoked, disabled, "", "hf_", GIVEN, "x" * 100_000, "hf_\udcff\x00é"]
    # The client tells a bad token from a hidden repo by these very words.
    assert {refusal(accounts, token) for token in bad} == {
        "Invalid credentials in Authorization header"
    }
    accounts.set_disabled("charlie", False)
    assert accounts.authenticate(disabled).name == "charlie"


def test_expiry_is_counted_in_days(accounts: Accounts) -> None:
    accounts.add_token("alice", expires_days=30)
    [token] = accounts.tokens("alice")
    assert token.expires is not None
    assert token.expires - token.created == 30 * 24 * 3600 * 1000
    for days in (0, -1, 10**9):
        with pytest.raises(BadRequest):
            accounts.add_token("alice", expires_days=days)


def test_a_given_token_is_registered_once(accounts: Accounts) -> None:
    assert accounts.add_token("alice", value=GIVEN) == GIVEN
    assert accounts.authenticate(GIVEN).name == "alice"
    with pytest.raises(Conflict):
        accounts.add_token("charlie", value=GIVEN)
    assert accounts.authenticate(GIVEN).name == "alice"


@pytest.mark.parametrize(
    "value", ["", "hf_short", "api_" + "a" * 30, "hf_" + "a" * 15, "hf_" + "é" * 20, GIVEN + "\n"]
)
def test_a_given_token_has_the_right_form(accounts: Accounts, value: str) -> None:
    with pytest.raises(BadRequest):
        accounts.add_token("alice", value=value)


@pytest.mark.parametrize(("name", "role"), [("", "read"), ("a\nb", "read"), ("ci", "admin")])
def test_a_token_has_a_name_and_a_role(accounts: Accounts, name: str, role: str) -> None:
    with pytest.raises(BadRequest):
        accounts.add_token("alice", name, role)


def test_organisations_and_strangers_have_no_tokens(accounts: Accounts) -> None:
    for name in ("acme", "nobody"):
        with pytest.raises(NotFound):
            accounts.add_token(name)


def test_revoking_by_name_must_be_unambiguous(accounts: Accounts) -> None:
    first, second = accounts.add_token("alice"), accounts.add_token("alice")
    with pytest.raises(Conflict, match="2 tokens"):
        accounts.revoke_token("alice", "default")
    one, _ = accounts.tokens("alice")
    with pytest.raises(NotFound):
        accounts.revoke_token("bob", one.id)  # not bob's
    accounts.revoke_token("alice", str(one.id))
    refusal(accounts, first)
    assert accounts.authenticate(second).name == "alice"
    with pytest.raises(NotFound):
        accounts.revoke_token("alice", one.id)  # it is already
    accounts.revoke_token("alice", "default")
    assert accounts.tokens("alice")[1].revoked is not None


def test_the_last_use_is_written_in_batches(
    accounts: Accounts, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = accounts.add_token("alice")
    accounts.authenticate(token)
    assert accounts.tokens("alice")[0].last_used is None
    assert accounts.flush_last_used() == 0  # less than a minute since the door was opened
    assert accounts.flush_last_used(now=True) == 1
    used = accounts.tokens("alice")[0].last_used
    assert used is not None
    assert abs(now_ms() - used) < 5_000
    accounts.authenticate(token)
    assert accounts.flush_last_used(now=True) == 0  # it was noted within the minute
    db.execute("update token set last_used = 1")
    accounts.authenticate(token)
    monkeypatch.setattr("hearthub.accounts.door.FLUSH_MS", 0)
    assert accounts.flush_last_used() == 1
