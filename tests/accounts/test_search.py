"""Users and organisations by what was typed of a name."""

import pytest

from hearthub.accounts import Accounts
from hearthub.errors import NotText


@pytest.fixture
def crowd(accounts: Accounts) -> Accounts:
    for name, fullname in {
        "ada": "Augusta Ada King",
        "ada-lovelace": "The Countess",
        "Adam": "Zoë Ångström",
        "olga": "Ольга Иванова",
        "yamada": "山田太郎",
        "emile": "Émile Durand",
        "smile": "ann😀 smith",
        "a_b": "100% sure",
        "axb": "Under_score",
    }.items():
        accounts.add_user(name, fullname=fullname)
    accounts.add_org("adacorp", fullname="Ada Corporation")
    return accounts


def found(accounts: Accounts, typed: str, kind: str = "user", limit: int = 10) -> list[str]:
    return [account.name for account in accounts.search(typed, kind, limit)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ada", ["ada", "Adam", "ada-lovelace"]),
        ("ADA", ["ada", "Adam", "ada-lovelace"]),
        (" adam ", ["Adam"]),
        ("ada-", ["ada-lovelace"]),
        ("augusta ada", ["ada"]),
        ("the COUNT", ["ada-lovelace"]),
        ("bob", ["Bob"]),
        ("ольга", ["olga"]),
        ("Ольга", ["olga"]),
        ("ОЛЬГА ИВ", ["olga"]),
        ("山田", ["yamada"]),
        ("émile", ["emile"]),
        ("Émile", ["emile"]),
        ("zoë å", ["Adam"]),
        ("ann😀", ["smile"]),
        ("ann", ["smile"]),
        ("100%", ["a_b"]),
        ("a_", ["a_b"]),
        ("under_", ["axb"]),
    ],
)
def test_names_and_full_names_by_their_start(
    crowd: Accounts, typed: str, expected: list[str]
) -> None:
    assert found(crowd, typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("lovelace", []),
        ("ada-lovelac", ["ada-lovelace"]),
        ("ada-lvelace", ["ada-lovelace"]),
        ("ada-loveloce", ["ada-lovelace"]),
        ("ada-lvoelace", ["ada-lovelace"]),
        ("ada-loovelace", ["ada-lovelace"]),
        ("carlie", ["charlie"]),
        ("yamaad", ["yamada"]),
        ("crlie", []),
    ],
)
def test_one_mistake(crowd: Accounts, typed: str, expected: list[str]) -> None:
    assert found(crowd, typed) == expected


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "%", "_", "a%", "*", "'", "' or 1=1 --", '"', "a" * 5000, "😀", "\uffff"],
)
def test_nobody_is_called_so(crowd: Accounts, typed: str) -> None:
    assert found(crowd, typed) == found(crowd, typed, "org") == []


@pytest.mark.parametrize("typed", ["\0", "ada\0", "\ud83d"])
def test_what_no_database_takes(crowd: Accounts, typed: str) -> None:
    with pytest.raises(NotText):
        found(crowd, typed)


def test_kinds_do_not_mix(crowd: Accounts) -> None:
    assert found(crowd, "ada", "org") == ["adacorp"]
    assert found(crowd, "ada corp", "org") == ["adacorp"]
    assert "adacorp" not in found(crowd, "ada")
    assert found(crowd, "acm", "org") == ["acme"]
    assert found(crowd, "acne", "org") == ["acme"]
    assert found(crowd, "acm") == []


def test_disabled_users_are_hidden(crowd: Accounts) -> None:
    for typed in ("adam", "zoë", "adm"):
        assert "Adam" in found(crowd, typed)
    crowd.set_disabled("adam", True)
    for typed in ("adam", "zoë", "adm"):
        assert "Adam" not in found(crowd, typed)
    crowd.set_disabled("adam", False)
    assert found(crowd, "adam") == ["Adam"]


def test_the_name_itself_leads_and_the_limit_holds(accounts: Accounts) -> None:
    for number in range(60):
        accounts.add_user(f"crowd{number}", fullname="Crowd")
    accounts.add_user("crowd")
    assert found(accounts, "crowd", limit=3) == ["crowd", "crowd0", "crowd1"]
    assert len(found(accounts, "crowd", limit=50)) == 50
