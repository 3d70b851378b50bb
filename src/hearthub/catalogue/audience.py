"""How many addresses downloaded something on a day, without keeping an address.

A day has a salt. What is stored of an address is a hash of it with that salt; when the day is over,
the hashes are counted, and they and the salt are deleted: nobody can tell afterwards who it was.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable

from hearthub.db import Database

FEWEST = 5
"""Downloaders of a repo and day that are shown; fewer could be told apart."""
MAX_AGENT = 500

# How build machines name themselves: `is_ci` is what the Hugging Face libraries say of theirs.
_MACHINES = re.compile(
    r"is_ci/true|github-actions|githubactions|gitlab-(?:ci|runner)|\bjenkins|buildkite|circleci"
    r"|travis-ci|teamcity|azure-?pipelines|\bci/(?:true|1)",
    re.IGNORECASE,
)

_COUNT = """
update download_day set downloaders = (
  select count(*) from downloader_day d
  where d.repo_id = download_day.repo_id and d.day = download_day.day)
where day < :day and downloaders is null and exists (
  select 1 from downloader_day d
  where d.repo_id = download_day.repo_id and d.day = download_day.day)"""


def is_build_machine(agent: str) -> bool:
    """Whether a client says that it runs in continuous integration."""
    return _MACHINES.search(agent[:MAX_AGENT]) is not None


class Audience:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._salts: dict[int, bytes] = {}

    def hashed(self, day: int, caller: str) -> bytes:
        """What may be kept of an address until the day is over. Never waits."""
        salt = self._salts.get(day)
        if salt is None:
            salt = self._salts[day] = secrets.token_bytes(16)
        text = caller.encode(errors="replace")
        return hashlib.blake2b(text, digest_size=8, key=salt).digest()

    def close_days(self, today: int) -> None:
        """Share today's salt with other processes and later starts; count and forget days before.

        What was noted in the seconds before another process's salt was known counts twice.
        """
        if self._salts.keys() != {today} or self._is_new(today):
            self._settle(today)

    def add(self, callers: Iterable[tuple[int, int, set[bytes]]]) -> None:
        """In the open transaction: (repo id, day, hashes)."""
        self._db.execute_many(
            "insert into downloader_day (repo_id, day, hash) values (:repo, :day, :hash) "
            "on conflict (repo_id, day, hash) do nothing",
            [
                {"repo": repo_id, "day": day, "hash": each}
                for repo_id, day, hashes in callers
                for each in hashes
            ],
        )

    def first_open(self) -> int | None:
        """The first day whose hashes are not counted yet; None where there is none."""
        found = self._db.value("select min(day) from downloader_day")
        return None if found is None else int(found)

    def _is_new(self, today: int) -> bool:
        stored = self._db.value("select salt from day_salt where day = :day", day=today)
        return stored is None or bytes(stored) != self._salts[today]

    def _settle(self, today: int) -> None:
        mine = self._salts.get(today) or secrets.token_bytes(16)
        with self._db.transaction():
            self._db.execute(
                "insert into day_salt (day, salt) values (:day, :salt) "
                "on conflict (day) do nothing",
                day=today,
                salt=mine,
            )
            stored = self._db.value("select salt from day_salt where day = :day", day=today)
            self._db.execute(_COUNT, day=today)
            self._db.execute("delete from downloader_day where day < :day", day=today)
            self._db.execute("delete from day_salt where day < :day", day=today)
        self._salts = {today: bytes(stored) if stored is not None else mine}
