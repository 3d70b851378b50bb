"""What `hearthub doctor` asks of the database, without changing it."""

from collections.abc import Iterator

from hearthub import migrations
from hearthub.cli.checks import FAIL, LATE_MS, OK, WARN, Finding
from hearthub.clock import now_ms
from hearthub.db import Database, DatabaseError
from hearthub.settings import Settings

NAME = "database"


def database_checks(settings: Settings) -> Iterator[Finding]:
    path = settings.data / "hearthub.db"
    if not settings.database_url and not path.exists():
        yield Finding(NAME, WARN, "there is none yet", "The first `hearthub user add` makes it.")
        return
    db = Database(settings.database_url) if settings.database_url else Database.sqlite(path)
    try:
        yield from _checks(db)
    except DatabaseError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        yield Finding(
            NAME,
            FAIL,
            f"it cannot be read: {reason}",
            "Check its place and its permissions; if it is damaged, restore a backup.",
        )
    finally:
        db.close()


def _checks(db: Database) -> Iterator[Finding]:
    yield _journal(db)
    schema = _schema(db)
    yield schema
    if schema.status == OK:
        yield _administrators(db)
        yield _dead_jobs(db)
        yield _late_jobs(db)


def _journal(db: Database) -> Finding:
    if not db.is_sqlite:
        return Finding(NAME, OK, f"PostgreSQL {db.value('show server_version')}")
    mode = db.value("pragma journal_mode")
    if mode != "wal":
        return Finding(
            NAME,
            FAIL,
            f"SQLite keeps no write-ahead log here (journal mode {mode})",
            "Keep the data folder on a local disk.",
        )
    return Finding(NAME, OK, "SQLite with a write-ahead log")


def _schema(db: Database) -> Finding:
    newest = migrations.newest()
    current = str(db.value("select version_num from alembic_version") or "")
    if current == newest:
        return Finding("schema", OK, f"version {current}")
    if current > newest:
        return Finding(
            "schema",
            FAIL,
            f"version {current} was written by a newer Hearthub (this one knows {newest})",
            "Install the newer Hearthub again, or restore the backup made before it.",
        )
    return Finding(
        "schema",
        WARN,
        f"version {current or 'none'} is older than {newest}",
        "The next `hearthub serve` brings it up to date; make a backup first.",
    )


def _administrators(db: Database) -> Finding:
    users = db.value("select count(*) from account where kind = 'user'")
    admins = db.value(
        "select count(*) from account where kind = 'user' and is_admin = 1 and disabled = 0"
    )
    message = f"{users} users, {admins} of them administrators"
    if admins:
        return Finding("users", OK, message)
    return Finding("users", WARN, message, "Add one: hearthub user add NAME --admin")


def _dead_jobs(db: Database) -> Finding:
    dead = db.value("select count(*) from job where state = 'dead'")
    if dead:
        return Finding(
            "dead jobs",
            WARN,
            f"{dead} jobs failed too often and were given up",
            "Read why with `hearthub job dead`, then run `hearthub job retry ID`.",
        )
    return Finding("dead jobs", OK, "none")


def _late_jobs(db: Database) -> Finding:
    late = db.value(
        "select count(*) from job where state = 'waiting' and run_at < :limit",
        limit=now_ms() - LATE_MS,
    )
    if late:
        return Finding(
            "waiting jobs",
            WARN,
            f"{late} jobs have waited for more than ten minutes",
            "Run `hearthub serve` or `hearthub work`; if one runs, it has too much to do.",
        )
    return Finding("waiting jobs", OK, "none is late")
