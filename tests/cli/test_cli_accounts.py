"""Users, organisations and tokens from the terminal, in processes of their own."""

import json
import re
import stat
import subprocess
from pathlib import Path

import pytest

from cli.conftest import Run
from hearthub.accounts import Accounts
from hearthub.db import Database
from hearthub.errors import InvalidCredentials

TOKEN = re.compile(r"hf_[0-9A-Za-z]{40}")


def open_accounts(data: Path) -> Accounts:
    return Accounts(Database.sqlite(data / "hearthub.db"))


def lines(result: subprocess.CompletedProcess[str]) -> list[str]:
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout.splitlines()


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that says why."""
    assert result.returncode == 1
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    return line


def test_from_nothing_to_a_working_token(run: Run, tmp_path: Path) -> None:
    added = run("user", "add", "alice", "--admin", "--email", "a@example.org", "--fullname", "A A")
    assert lines(added) == ["Added the user alice"]
    [token] = lines(run("token", "add", "alice", "--name", "ci", "--role", "read"))
    assert TOKEN.fullmatch(token)
    actor = open_accounts(tmp_path / "data").authenticate(token)
    assert (actor.name, actor.is_admin, actor.can_write) == ("alice", True, False)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_the_data_option_wins_and_the_home_folder_is_the_default(
    run: Run, env: dict[str, str], tmp_path: Path
) -> None:
    lines(run("user", "add", "alice", "--data", str(tmp_path / "other")))
    assert not (tmp_path / "data").exists()
    assert open_accounts(tmp_path / "other").account("alice") is not None
    lines(run("user", "add", "alice", HEARTHUB_DATA=""))
    assert list(Path(env["HOME"]).rglob("hearthub.db"))


def test_passwords_come_by_standard_input(run: Run, accounts: Accounts) -> None:
    lines(run("user", "add", "alice", "--password-stdin", stdin="first password\n"))
    assert accounts.check_password("alice", "first password").name == "alice"
    lines(run("user", "password", "alice", "--password-stdin", stdin="second password\n"))
    assert accounts.check_password("alice", "second password").name == "alice"
    assert "standard input" in refused(run("user", "add", "bob", "--password-stdin"))
    assert "8 to 1024" in refused(run("user", "add", "bob", "--password-stdin", stdin="short\n"))
    assert accounts.account("bob") is None
    assert run("user", "password", "alice").returncode == 2


def test_users_are_listed_and_disabled(run: Run, accounts: Accounts) -> None:
    assert lines(run("user", "list")) == []
    accounts.add_user("alice")
    token = accounts.add_token("alice")
    lines(run("user", "disable", "alice"))
    [row] = json.loads(run("user", "list", "--json").stdout)
    assert (row["name"], row["admin"], row["disabled"]) == ("alice", False, True)
    heading, line = lines(run("user", "list"))
    assert heading.split()[0] == "NAME"
    assert line.split()[0] == "alice"
    with pytest.raises(InvalidCredentials):
        accounts.authenticate(token)
    lines(run("user", "enable", "alice"))
    assert accounts.authenticate(token).name == "alice"


def test_organisations_and_members(run: Run, accounts: Accounts) -> None:
    assert lines(run("org", "add", "acme", "--fullname", "Acme Ltd", "--default-private"))
    for name in ("alice", "bob"):
        accounts.add_user(name)
    accounts.set_member("acme", "alice", "admin")
    for role in ("contributor", "write"):
        lines(run("org", "member", "acme", "bob", "--role", role))
    org = accounts.account("acme")
    assert org is not None
    assert (org.kind, org.fullname, org.default_private) == ("org", "Acme Ltd", True)
    assert json.loads(run("org", "members", "acme", "--json").stdout) == [
        {"name": "alice", "role": "admin"},
        {"name": "bob", "role": "write"},
    ]
    lines(run("org", "remove-member", "acme", "bob"))
    assert [member.account.name for member in accounts.members("acme")] == ["alice"]
    assert [row["name"] for row in json.loads(run("org", "list", "--json").stdout)] == ["acme"]


def test_tokens_are_registered_listed_and_revoked(run: Run, accounts: Accounts) -> None:
    accounts.add_user("alice")
    given = "hf_given_elsewhere_0123"
    add = ("token", "add", "alice", "--stdin", "--name", "old", "--expires", "7")
    assert lines(run(*add, stdin=f"{given}\n")) == [given]
    [row] = json.loads(run("token", "list", "alice", "--json").stdout)
    assert (row["name"], row["role"], row["hint"]) == ("old", "write", "...0123")
    assert row["expires"] > row["created"]
    assert given not in run("token", "list", "alice").stdout
    assert accounts.authenticate(given).name == "alice"
    assert "registered already" in refused(run(*add, stdin=given))
    lines(run("token", "revoke", "alice", "old"))
    with pytest.raises(InvalidCredentials):
        accounts.authenticate(given)
    assert "no token" in refused(run("token", "revoke", "alice", "old"))
    assert "16" in refused(run(*add, stdin="hf_short\n"))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("user", "add", "ACME"), "taken"),
        (("user", "add", "api"), "reserved"),
        (("token", "add", "nobody"), "no user 'nobody'"),
        (("org", "member", "nobody", "acme", "--role", "read"), "no organisation 'nobody'"),
        (("job", "retry", "77"), "77"),
    ],
)
def test_a_refusal_is_one_line_and_status_1(
    run: Run, accounts: Accounts, words: tuple[str, ...], reason: str
) -> None:
    accounts.add_org("acme")
    assert reason in refused(run(*words))


@pytest.mark.parametrize(
    "words",
    [
        ("user", "add"),
        ("user", "add", "alice", "--nonsense"),
        ("org", "member", "acme", "alice"),
        ("org", "member", "acme", "alice", "--role", "owner"),
        ("token", "add", "alice", "--expires", "0"),
        ("serve", "--port", "99999"),
        ("nonsense",),
    ],
)
def test_misuse_is_status_2(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.returncode == 2
    assert "Error" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_bad_setting_is_misuse_with_its_name(run: Run) -> None:
    result = run("user", "list", HEARTHUB_PORT="many")
    assert result.returncode == 2
    assert "HEARTHUB_PORT" in result.stderr


def test_a_database_that_is_none_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "hearthub.db").write_bytes(b"this is no database " * 1000)
    assert "not a database" in refused(run("user", "list"))


def test_a_data_folder_that_is_a_file_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert str(tmp_path / "data") in refused(run("user", "list"))


def test_devices(run: Run, accounts: Accounts) -> None:
    accounts.add_user("alice")
    codes, other = (accounts.device.start("192.0.2.1", "hf \x1b[2J") for _ in range(2))
    approved = run("token", "approve", codes.user_code.lower(), "--user", "alice", "--role", "read")
    assert lines(approved) == ["Approved hf  [2J at 192.0.2.1 for alice"]
    assert accounts.device.poll(codes.device_code).role == "read"
    assert lines(run("token", "deny", other.user_code, "--user", "alice")) == [
        "Denied hf  [2J at 192.0.2.1"
    ]
    assert accounts.device.poll(other.device_code).refusal == "access_denied"
    assert "No device waits" in refused(run("token", "approve", "BBBB-BBBB", "--user", "alice"))
