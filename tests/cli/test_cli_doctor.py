import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run
from hearthub import migrations
from hearthub.cli import checks
from hearthub.cli.database_checks import database_checks
from hearthub.db import Database
from hearthub.jobs import Jobs
from hearthub.settings import Settings
from live import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return Settings(data=data, port=free_port())


@pytest.fixture
def db(settings: Settings) -> Database:
    db = Database.sqlite(settings.data / "hearthub.db")
    migrations.upgrade(db, "main")
    return db


def look(settings: Settings) -> dict[str, checks.Finding]:
    return {finding.name: finding for finding in database_checks(settings)}


def by_name(output: str) -> dict[str, Any]:
    return {finding["name"]: finding for finding in json.loads(output)}


def test_a_healthy_hub(run: Run) -> None:
    run("user", "add", "alice", "--admin")
    result = run("doctor", "--json", HEARTHUB_PORT=str(free_port()))
    assert result.returncode == 0
    findings = by_name(result.stdout)
    healthy = {"data folder", "SQLite", "clock", "git", "port", "public URL", "leftovers"}
    healthy |= {"database", "schema", "users", "dead jobs", "waiting jobs"}
    assert {name for name in healthy if findings[name]["status"] != "ok"} == set()


def test_before_the_first_start_nothing_is_made(run: Run, tmp_path: Path) -> None:
    result = run("doctor")
    assert result.returncode == 0
    assert "warn  data folder" in result.stdout
    assert "-> " in result.stdout
    assert not (tmp_path / "data").exists()


def test_what_cannot_work_is_status_1_and_says_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "hearthub.db").write_bytes(b"this is no database " * 1000)
    result = run("doctor", "--json", HEARTHUB_PUBLIC_URL="hub.example.org")
    assert result.returncode == 1
    findings = by_name(result.stdout)
    assert findings["database"]["status"] == "fail"
    assert findings["public URL"]["status"] == "fail"
    assert all(f["advice"] for f in findings.values() if f["status"] != "ok")


def test_a_folder_others_can_read(settings: Settings) -> None:
    settings.data.chmod(0o755)
    finding = checks.data_folder(settings)
    assert (finding.status, "chmod 700" in (finding.advice or "")) == ("warn", True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_folder_of_another_user(settings: Settings) -> None:
    """root may write there, and locks out whom it belongs to."""
    os.chown(settings.data, 65534, 65534)
    found = checks.data_folder(settings)
    assert found.status == "warn"
    assert "sudo -u '#65534'" in str(found.advice)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(settings: Settings) -> None:
    settings.data.chmod(0o500)
    assert checks.data_folder(settings).status == "fail"
    assert checks.data_folder(Settings(data=settings.data / "new")).status == "fail"


@pytest.mark.parametrize(("free_gib", "status"), [(0.5, "fail"), (5, "warn"), (50, "ok")])
def test_free_disk(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, free_gib: float, status: str
) -> None:
    class Usage:
        free = int(free_gib * 2**30)

    monkeypatch.setattr(checks.shutil, "disk_usage", lambda path: Usage)
    assert checks.free_disk(settings).status == status


def test_a_clock_in_the_past(
    settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks.clock(settings).status == "ok"
    ahead = time.time() + 3600
    os.utime(settings.data / "hearthub.db", (ahead, ahead))
    assert checks.clock(settings).status == "warn"
    monkeypatch.setattr(checks, "now_ms", lambda: 1_000)
    assert checks.clock(settings).status == "fail"


def test_a_port_somebody_else_has(settings: Settings) -> None:
    assert checks.listening(settings).status == "ok"
    with socket.socket() as other:
        other.bind((settings.host, settings.port))
        other.listen()
        assert checks.listening(settings).status == "warn"


@pytest.mark.parametrize(
    ("host", "url", "status"),
    [
        ("127.0.0.1", None, "ok"),
        ("127.0.0.1", "https://hub.example.org", "ok"),
        ("0.0.0.0", "https://hub.example.org", "ok"),
        ("0.0.0.0", None, "warn"),
        ("127.0.0.1", "http://hub.example.org", "warn"),
        ("127.0.0.1", "https://example.org/hub", "warn"),
        ("0.0.0.0", "http://localhost:7979", "warn"),
        ("127.0.0.1", "ftp://hub.example.org", "fail"),
        ("127.0.0.1", "hub.example.org", "fail"),
    ],
)
def test_public_urls(tmp_path: Path, host: str, url: str | None, status: str) -> None:
    settings = Settings(data=tmp_path, host=host, public_url=url)
    assert checks.public_url(settings).status == status


def test_old_temporary_files(settings: Settings) -> None:
    fresh = settings.data / "tmp" / "uploads" / "one"
    fresh.parent.mkdir(parents=True)
    fresh.write_bytes(b"x")
    assert checks.leftovers(settings).status == "ok"
    old = time.time() - 3 * 24 * 3600
    os.utime(fresh, (old, old))
    assert checks.leftovers(settings).status == "warn"


def test_jobs_that_died_or_wait_too_long(settings: Settings, db: Database) -> None:
    jobs = Jobs(db)
    jobs.register("note", print)
    jobs.add("note", {})
    assert look(settings)["waiting jobs"].status == "ok"
    db.execute("update job set run_at = 0")
    assert look(settings)["waiting jobs"].status == "warn"
    db.execute("update job set state = 'dead'")
    assert look(settings)["dead jobs"].status == "warn"
    assert look(settings)["waiting jobs"].status == "ok"


def test_a_schema_older_or_newer_than_the_program(settings: Settings, db: Database) -> None:
    assert look(settings)["schema"].status == "ok"
    db.execute("update alembic_version set version_num = '9999'")
    assert look(settings)["schema"].status == "fail"
    db.execute("update alembic_version set version_num = '0000'")
    assert look(settings)["schema"].status == "warn"
