import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import Forbidden
from hearthub.storage import Signer


@pytest.fixture
def signer(db: Database) -> Signer:
    return Signer(db)


def test_claims_come_back(signer: Signer) -> None:
    token = signer.sign("read", {"repo": 7, "user": "alice"}, 60)
    claims = signer.verify("read", token)
    assert (claims["repo"], claims["user"]) == (7, "alice")
    assert 58 <= claims["exp"] - now_ms() // 1000 <= 60


def test_tokens_need_no_escaping_in_urls(signer: Signer) -> None:
    token = signer.sign("read", {"text": "ÿ?>~ " * 9}, 60)
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()
    assert len(signer.sign("x", {"r": 1}, 60)) < 70


def test_an_expired_token_is_refused(signer: Signer) -> None:
    with pytest.raises(Forbidden, match="expired"):
        signer.verify("read", signer.sign("read", {}, 0))


def test_a_token_is_good_for_one_purpose(signer: Signer) -> None:
    with pytest.raises(Forbidden):
        signer.verify("write", signer.sign("read", {}, 60))


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.data())
def test_any_change_is_noticed(signer: Signer, data: st.DataObject) -> None:
    token = signer.sign("read", {"repo": 1}, 60)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters().filter(lambda it: it != token[at]))
    # The last letter of base64 holds bits that mean nothing; our own text form must match anyway.
    with pytest.raises(Forbidden):
        signer.verify("read", token[:at] + letter + token[at + 1 :])


@pytest.mark.parametrize("token", ["", ".", "a", "a.b", "....", "é.ü", "\udc80.x", "x" * 10_000])
def test_nonsense_is_refused(signer: Signer, token: str) -> None:
    with pytest.raises(Forbidden):
        signer.verify("read", token)


def test_all_processes_of_a_hub_sign_alike(db: Database) -> None:
    ours, theirs = Signer(db), Signer(db)
    assert theirs.verify("read", ours.sign("read", {"n": 1}, 60))["n"] == 1
    assert ours.key() == theirs.key()


def test_one_key_is_made_however_many_ask(db: Database) -> None:
    signers = [Signer(db) for _ in range(8)]
    threads = [threading.Thread(target=signer.sign, args=("x", {}, 1)) for signer in signers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.value("select count(*) from signing_key") == 1


def test_another_database_signs_otherwise(db: Database, tmp_path: Path) -> None:
    from hearthub import migrations

    other = Database.sqlite(tmp_path / "other.db")
    migrations.upgrade(other, "main")
    with pytest.raises(Forbidden):
        Signer(other).verify("read", Signer(db).sign("read", {}, 60))
    other.close()
