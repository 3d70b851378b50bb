import time

import pytest

from hearthub.accounts import Accounts
from hearthub.db import Database
from hearthub.errors import BadRequest, Conflict, InvalidCredentials, NotFound

PASSWORD = "correct horse battery staple"


def test_accounts_are_found_in_any_case(accounts: Accounts) -> None:
    bob = accounts.account("bOB")
    assert bob is not None
    assert (bob.name, bob.kind, bob.fullname, bob.email) == ("Bob", "user", "Bob", None)
    assert (bob.is_admin, bob.disabled, bob.default_private) == (False, False, False)
    assert accounts.account_by_id(bob.id) == bob
    assert accounts.account("nobody") is None
    assert accounts.account_by_id(12345) is None


@pytest.mark.parametrize("name", ["Alice", "ACME", "bob"])
def test_users_and_organisations_share_one_name_space(accounts: Accounts, name: str) -> None:
    taken = accounts.account(name)
    assert taken is not None
    with pytest.raises(Conflict, match=taken.name):
        accounts.add_user(name)
    with pytest.raises(Conflict, match=taken.name):
        accounts.add_org(name)
    assert len(accounts.users()) == 3
    assert len(accounts.orgs()) == 1


@pytest.mark.parametrize("name", ["", "api", "Datasets", "-a", "a b", "a/b", "..", "x" * 97, "é"])
def test_a_name_must_fit_the_clients_and_our_routes(accounts: Accounts, name: str) -> None:
    with pytest.raises(BadRequest):
        accounts.add_user(name)


def test_the_clients_own_test_user_is_legal(accounts: Accounts) -> None:
    assert accounts.add_user("__DUMMY_HUB_USER__").name == "__DUMMY_HUB_USER__"


@pytest.mark.parametrize("email", ["", "alice", "@x", "alice@", "a b@x.org", "a@" + "x" * 300])
def test_an_email_must_look_like_one(accounts: Accounts, email: str) -> None:
    with pytest.raises(BadRequest, match="e-mail"):
        accounts.add_user("dora", email=email)


@pytest.mark.parametrize("fullname", ["a\nb", "\x1b[31m", "x" * 201])
def test_a_full_name_is_printable(accounts: Accounts, fullname: str) -> None:
    with pytest.raises(BadRequest, match="full name"):
        accounts.add_user("dora", fullname=fullname)


def test_a_password_logs_in_and_is_kept_as_a_hash(accounts: Accounts, db: Database) -> None:
    accounts.add_user("dora", password=PASSWORD, admin=True)
    stored = db.value("select password from account where key = 'dora'")
    assert stored.startswith("$argon2id$")
    actor = accounts.check_password("DORA", PASSWORD)
    assert (actor.name, actor.is_admin, actor.can_write, actor.token) == ("dora", True, True, None)
    with pytest.raises(InvalidCredentials):
        accounts.check_password("dora", PASSWORD + "!")
    accounts.set_password("dora", "another password")
    with pytest.raises(InvalidCredentials):
        accounts.check_password("dora", PASSWORD)
    assert accounts.check_password("dora", "another password").name == "dora"


def test_whoever_cannot_log_in_is_told_the_same(accounts: Accounts) -> None:
    accounts.add_user("dora", password=PASSWORD)
    accounts.set_disabled("dora", True)
    messages = set()
    for name in ("nobody", "alice", "acme", "dora"):  # unknown, no password, no user, disabled
        with pytest.raises(InvalidCredentials) as refused:
            accounts.check_password(name, PASSWORD)
        messages.add(str(refused.value))
    assert len(messages) == 1


def test_an_unknown_user_takes_as_long_as_a_known_one(accounts: Accounts) -> None:
    accounts.add_user("dora", password=PASSWORD)

    def best(name: str) -> float:
        times = []
        for _ in range(4):
            started = time.perf_counter()
            with pytest.raises(InvalidCredentials):
                accounts.check_password(name, "wrong password")
            times.append(time.perf_counter() - started)
        return min(times)

    assert best("nobody") > best("dora") / 3  # without a decoy it is a hundred times faster


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_a_password_has_a_decent_length(accounts: Accounts, password: str) -> None:
    with pytest.raises(BadRequest, match="8 to 1024"):
        accounts.add_user("dora", password=password)
    assert accounts.account("dora") is None


def test_a_user_is_asked_for_and_an_organisation_found(accounts: Accounts) -> None:
    with pytest.raises(NotFound, match="organisation"):
        accounts.set_password("acme", PASSWORD)
    with pytest.raises(NotFound, match="nobody"):
        accounts.set_password("nobody", PASSWORD)
