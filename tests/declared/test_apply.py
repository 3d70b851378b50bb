"""`hearthub apply`, as a process, on a hub of the test's own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import calls
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.declared import Declared, file
from hearthub.errors import Conflict, HearthubError, InvalidCredentials, Unavailable
from hearthub.settings import Settings
from house.tree import ROOT
from live import live_hub

TOKEN, OTHER = "hf_declared_elsewhere_0123", "hf_another_value_of_it_456"
SECRETS = {"ALICE_PASSWORD": "rabbit hole", "TOKEN": TOKEN, "OTHER": OTHER}

Apply = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def apply(tmp_path: Path) -> Apply:
    """`hearthub apply FILE WORDS...` of a text, with the secrets at hand."""

    def apply(text: str | bytes, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "hub.toml"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        command = [sys.executable, "-m", "hearthub", "apply", str(file), *words]
        return subprocess.run(
            command,
            env={"HOME": "/nonexistent", "HEARTHUB_DATA": str(tmp_path / "data"), **SECRETS, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return apply


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with open_hub(Settings(data=tmp_path / "data")) as hub:
        yield hub


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub that no test changes, with the secrets in the environment."""
    data = tmp_path_factory.mktemp("known")
    with pytest.MonkeyPatch.context() as patch, open_hub(Settings(data=data)) as hub:
        for name, value in {**SECRETS, "SHORT": "short"}.items():
            patch.setenv(name, value)
        hub.accounts.add_user("alice")
        hub.accounts.add_org("acme")
        alice = hub.accounts.actor("alice")
        hub.registry.create(alice, "model", "alice/old")
        hub.registry.move(alice, "model", "alice/old", "alice/bert")
        yield hub


def declared_in(hub: Hub) -> Declared:
    return Declared(hub.db, hub.accounts, hub.registry, hub.sandbox)


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for secret in SECRETS.values():
        assert secret not in done.stdout
    return done.stdout.splitlines()


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    for secret in SECRETS.values():
        assert secret not in line
    return line


def example() -> str:
    """The one in the documentation."""
    text = (ROOT / "docs" / "operations.md").read_text()
    return re.search(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[1]


def state(hub: Hub) -> list[object]:
    """Everything a declaration could change, times and all."""
    tables = ("account", "member", "token", "repo", "event", "ref")
    return [hub.db.all(f"select * from {table} order by 1, 2") for table in tables]


def test_the_documented_example_works_and_works_once(
    apply: Apply, hub: Hub, tmp_path: Path
) -> None:
    (tmp_path / "ci.token").write_text(f"{TOKEN}\n")
    planned = lines(apply(example(), "--plan"))
    assert planned[0] == "create  user alice  (administrator, with a password, alice@example.org)"
    assert "create  member ci of acme  (write)" in planned
    assert planned[-1] == "8 to create, 0 to change, 0 to keep"
    assert hub.accounts.users() == []
    assert lines(apply(example(), "--yes")) == [*planned, "Done"]
    check_example(hub)
    before = state(hub)
    again = lines(apply(example()))
    assert [line.split()[0] for line in again] == ["keep"] * 8 + ["Nothing"]
    assert state(hub) == before


def check_example(hub: Hub) -> None:
    alice = hub.accounts.check_password("alice", SECRETS["ALICE_PASSWORD"])
    assert alice.is_admin
    ci = hub.accounts.authenticate(TOKEN)
    assert (ci.name, ci.can_write, ci.is_admin) == ("ci", True, False)
    assert ci.token
    assert ci.token.expires == ci.token.created + 365 * 86_400_000
    roles = {member.account.name: member.role for member in hub.accounts.members("acme")}
    assert roles == {"alice": "admin", "ci": "write"}
    corpus = hub.registry.repo(ci, "dataset", "acme/corpus")
    assert (corpus.visibility, corpus.gated) == ("public", "manual")
    ember = hub.registry.repo(ci, "model", "acme/ember")
    assert ember.visibility == "private"  # the organisation's default
    events = [row.kind for row in hub.db.all("select kind from event order by id")]
    assert events.count("RepoCreated") == events.count("CommitCreated") == 2
    assert "RepoSettingsChanged" in events


def test_what_differs_is_changed_and_the_rest_left_alone(apply: Apply, hub: Hub) -> None:
    accounts = hub.accounts
    for name in ("alice", "bob", "charlie"):
        accounts.add_user(name, fullname=name.upper(), password="the first one")
    accounts.add_org("acme", fullname="Acme")
    accounts.set_member("acme", "bob", "read")
    accounts.set_member("acme", "charlie", "admin")
    hub.registry.create(accounts.actor("bob"), "model", "bob/bert", visibility="private")
    text = """
        [[user]]
        name = "Alice"
        admin = true
        email = "a@example.org"
        password_env = "ALICE_PASSWORD"
        [[org]]
        name = "acme"
        fullname = "Acme Works"
        members = { bob = "write", alice = "read" }
        [[repo]]
        id = "bob/bert"
        visibility = "public"
        gated = "auto"
    """
    assert lines(apply(text, "--yes"))[:-2] == [
        "change  user alice  (email none -> a@example.org, admin no -> yes, another password)",
        "change  organisation acme  (fullname Acme -> Acme Works)",
        "change  member bob of acme  (role read -> write)",
        "create  member alice of acme  (read)",
        "change  model bob/bert  (visibility private -> public, gated no -> auto)",
    ]
    assert accounts.check_password("alice", SECRETS["ALICE_PASSWORD"]).is_admin
    assert accounts.account("alice").fullname == "ALICE"
    assert accounts.check_password("bob", "the first one")
    roles = {member.account.name: member.role for member in accounts.members("acme")}
    assert roles == {"alice": "read", "bob": "write", "charlie": "admin"}
    assert lines(apply(text))[-1] == "Nothing to change"
    back = 'repo = [{ id = "bob/bert", gated = false }]\nuser = [{ name = "alice", admin = false }]'
    lines(apply(back, "--yes"))
    assert not accounts.account("alice").is_admin
    bert = hub.registry.repo(accounts.actor("bob"), "model", "bob/bert")
    assert (bert.visibility, bert.gated) == ("public", None)


def token(value: str = "TOKEN", **more: object) -> str:
    keys = {"name": "ci", "value_env": value, **more}
    body = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f'[[user]]\nname = "bob"\n[[user.token]]\n{body}'


def test_another_value_adds_a_token(apply: Apply, hub: Hub) -> None:
    lines(apply(token(), "--yes"))
    done = lines(apply(token("OTHER", role="read"), "--yes"))
    assert "create  token ci of bob  (read; 1 older of this name stay valid)" in done
    assert hub.accounts.authenticate(TOKEN).can_write
    assert not hub.accounts.authenticate(OTHER).can_write


def test_a_value_that_is_registered_already(apply: Apply, hub: Hub) -> None:
    hub.accounts.add_user("alice")
    hub.accounts.add_token("alice", value=TOKEN)
    assert "another user's" in refused(apply(token(), "--yes"))
    assert hub.accounts.account("bob") is None
    hub.accounts.add_user("bob")
    hub.accounts.add_token("bob", "ci", value=OTHER)
    assert "role write" in refused(apply(token("OTHER", role="read"), "--yes"))
    assert lines(apply(token("OTHER")))[-1] == "Nothing to change"
    hub.db.execute("update token set expires = 1 where name = 'ci'")
    assert "expired at 1970" in "\n".join(lines(apply(token("OTHER"))))
    hub.accounts.revoke_token("bob", "ci")
    assert "revoked" in refused(apply(token("OTHER"), "--yes"))
    with pytest.raises(InvalidCredentials):
        hub.accounts.authenticate(OTHER)


def test_without_a_terminal_it_asks_for_a_word(apply: Apply, hub: Hub) -> None:
    text = '[[user]]\nname = "alice"'
    done = apply(text)
    assert done.returncode == 1
    assert "create  user alice" in done.stdout
    assert "--yes" in done.stderr
    shown = json.loads(lines_of_json(apply(text, "--plan", "--json")))
    assert shown["plan"] == [{"action": "create", "what": "user alice", "detail": "no password"}]
    assert shown["applied"] is False
    assert hub.accounts.users() == []
    assert json.loads(lines_of_json(apply(text, "--yes", "--json")))["applied"] is True
    assert hub.accounts.account("alice") is not None


def test_on_a_terminal_it_asks(tmp_path: Path, hub: Hub) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('[[user]]\nname = "alice"')
    command = [sys.executable, "-m", "hearthub", "apply", str(file)]
    env = {"HOME": "/nonexistent", "HEARTHUB_DATA": str(tmp_path / "data")}
    for answer, status in ((b"n\n", 1), (b"y\n", 0)):
        assert hub.accounts.account("alice") is None
        ours, theirs = os.openpty()
        os.write(ours, answer)
        done = subprocess.run(command, env=env, stdin=theirs, capture_output=True, text=True)
        os.close(ours)
        os.close(theirs)
        assert done.returncode == status, done.stderr
        assert "create  user alice" in done.stdout
        assert "Do this?" in done.stdout
    assert hub.accounts.account("alice") is not None


def lines_of_json(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(lines(done))


def user(keys: str, name: str = "dora") -> str:
    return f'[[user]]\nname = "{name}"\n{keys}\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[user]\nname = 3", "line 1, column 7"),
        ("[[user]]\nname = 3", "user number 1: name must be text"),
        ("[[user]]\nfullname = 'x'", "user number 1: name is missing"),
        ("user = 3", "user must be tables"),
        ("[user]\nname = 'dora'", "user must be tables"),
        ("user = [3]", "user number 1 must be a table"),
        ("[[users]]\nname = 'new'", "unknown key 'users'; did you mean user?"),
        ("[settings]\nport = 3", "environment variables"),
        (user("emial = 'x@y'"), "user 'dora': unknown key 'emial'; did you mean email?"),
        (user("password = 'secret one'"), "did you mean password_"),
        (user("admin = 'yes'"), "admin must be true or false"),
        (user("email = 'nowhere'"), "user 'dora': 'nowhere' is not an e-mail address"),
        (user("password_env = 'NOT_SET'"), "the variable NOT_SET is not set"),
        (user("password_env = 'A'\npassword_file = 'b'"), "not both"),
        (user("password_file = 'none'"), "password_file 'none': No such file"),
        (user("password_file = '.'"), "Is a directory"),
        (user("password_file = 'a\\u0000b'"), "password_file"),
        (user("password_file = '/dev/zero'"), "more than 65,536 bytes"),
        (user("password_env = 'SHORT'"), "user 'dora': A password has 8 to 1024"),
        (user("fullname = 'a\\u001b[2Jb'".replace("'", '"')), "printable"),
        (user("fullname = ''"), "user 'dora': A full name has 1 to 200"),
        ("[[org]]\nname = 'sea'\nfullname = ''", "org 'sea': A full name has 1 to 200"),
        (user("password_file = '/etc/passwd'"), "more than one line"),
        (user("", "api"), "reserved"),
        (user("", "a/b"), "'a/b' is not a name for an account"),
        (user("", "acme"), "taken by an organisation"),
        (user("") + user("", "DORA"), "user 'DORA': this name is also in"),
        (user("") + "[[org]]\nname = 'dora'", "this name is also in"),
        (user("[[user.token]]\nname = 'a'"), "value_env or value_file"),
        (user("[[user.token]]\nname = 'a'\nvalue_env = 'SHORT'"), "'hf_' and at least 16"),
        (user("[[user.token]]\nname = 'a'\nvalue_env = 'TOKEN'\nrole = 'admin'"), "read or write"),
        (user("[[user.token]]\nname = 'a'\nvalue_env = 'TOKEN'\nexpires_days = 0"), "1 to 36500"),
        (user("[[user.token]]\nname = 'a'\nvalue_env = 'TOKEN'\n" * 2), "the same token value"),
        ("[[org]]\nname = 'alice'", "taken by a user"),
        ("[[org]]\nname = 'sea'\nmembers = { alice = 'wirte' }", "did you mean 'write'?"),
        ("[[org]]\nname = 'sea'\nmembers = { alice = 3 }", "none of admin"),
        ("[[org]]\nname = 'sea'\nmembers = ['alice']", "members must be a table"),
        ("[[org]]\nname = 'sea'\nmembers = { nobody = 'read' }", "there is no 'nobody'"),
        ("[[org]]\nname = 'sea'\nmembers = { acme = 'read' }", "is an organisation"),
        ("[[org]]\nname = 'sea'\nmembers = { alice = 'read', Alice = 'read' }", "named twice"),
        ("[[repo]]\nid = 'alice'", "'namespace/name'"),
        ("[[repo]]\nid = 'nobody/x'", "there is no 'nobody'"),
        ("[[repo]]\nid = 'alice/x'\ntype = 'modle'", "did you mean 'model'?"),
        ("[[repo]]\nid = 'alice/x'\nvisibility = 'protected'", "visibility of a model"),
        ("[[repo]]\nid = 'alice/x'\ngated = true", "gated must be"),
        ("[[repo]]\nid = 'alice/x'\ngated = 'mannual'", "did you mean 'manual'?"),
        ("[[repo]]\nid = 'alice/x'\nsdk = 'static'", "only spaces"),
        ("[[repo]]\nid = 'alice/x'\ntype = 'space'\nsdk = 'flash'", "none of gradio"),
        ("[[repo]]\nid = 'alice/old'", "is now alice/bert"),
        ("[[repo]]\nid = 'alice/x'\n[[repo]]\nid = 'ALICE/x'", "this repo is also in"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("a" + ".a" * 300 + " = 3", "nested too deeply"),
        ("#" * 2_000_000, "more than 1,048,576 bytes"),
        ("user = [" + "{}," * 3000 + "]", "at most 2000 entries"),
    ],
)
def test_a_mistake_is_named(known: Hub, tmp_path: Path, text: str | bytes, words: str) -> None:
    path = tmp_path / "hub.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    before = state(known)
    with pytest.raises(HearthubError) as refusal:
        declared_in(known).plan(path)
    said = str(refusal.value)
    assert words in said
    assert str(path) in said
    assert "secret one" not in said
    assert state(known) == before


def test_a_mistake_at_the_end_changes_nothing(apply: Apply, hub: Hub) -> None:
    text = user("") + "[[repo]]\nid = 'dora/x'\n[[repo]]\nid = 'nobody/x'"
    assert "repo 'nobody/x': there is no 'nobody'" in refused(apply(text, "--yes"))
    assert hub.accounts.account("dora") is None


def test_a_file_that_keeps_a_parser_busy_is_given_up(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "PARSE_S", 0.5)
    path = tmp_path / "slow.toml"
    path.write_text("a" + ".a" * 400_000 + " = 3")
    with pytest.raises(Unavailable):
        declared_in(hub).plan(path)


def test_what_gets_in_the_way_later_undoes_all(tmp_path: Path, hub: Hub) -> None:
    path = tmp_path / "hub.toml"
    path.write_text('[[user]]\nname = "alice"\n[[org]]\nname = "acme"\n[[repo]]\nid = "acme/x"')
    declared = declared_in(hub)
    plan = declared.plan(path)
    hub.accounts.add_user("acme")
    before = state(hub)
    with pytest.raises(Conflict):
        declared.apply(plan)
    assert state(hub) == before


def test_a_running_hub_knows_at_once(apply: Apply, tmp_path: Path) -> None:
    with live_hub(tmp_path / "data") as running:
        text = token() + '[[repo]]\nid = "acme/declared"\nvisibility = "private"'
        lines(apply(text, "--yes"))
        with running.client(token=TOKEN) as bob:
            calls.commit(bob, "acme/declared", calls.put("a.txt"))
        with running.client("charlie") as charlie:
            assert charlie.get("/api/models/acme/declared").status_code == 404
