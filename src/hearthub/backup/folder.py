"""The folder that backups lie in.

DIR/
  hearthub-backup.json          {"format": 1}: what tells it from any other folder
  lock                          held by the backup that writes
  xorbs/ lfs/ git/              blobs, spread as in a data folder; all snapshots share them
  snapshots/<UTC time>/
    hearthub.db objects.db      whole copies
    blobs.txt                   "<key> <size>" a line: the blobs they name
    manifest.json               written last: what has none is no backup
  tmp/                          rubbish after a backup that was cut short
"""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from hearthub.backup.manifest import FORMAT, MAX_SIZE, NAME, Manifest, read
from hearthub.clock import iso, now_ms
from hearthub.errors import BadRequest, NotFound, Unavailable
from hearthub.settings import Settings
from hearthub.storage import LocalBlobs, sync

MARK = "hearthub-backup.json"
IGNORED = frozenset({"lost+found"})  # the root of a disk of its own has one
_SNAPSHOT = re.compile(r"\d{8}T\d{6}\.\d{3}Z")


class BackupFolder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.snapshots = path / "snapshots"
        self.temporary = path / "tmp"

    def prepare(self, settings: Settings) -> None:
        """Make the folder, or see that it is one of ours. Raises BadRequest."""
        if settings.database_url:
            raise BadRequest(
                "This hub's database is PostgreSQL: back it up with pg_dump first, and then copy "
                f"xorbs, lfs and git in {settings.data}"
            )
        self.check_apart(settings.data)
        if not (settings.data / "hearthub.db").is_file():
            raise NotFound(f"There is no hub in {settings.data} (hearthub.db is missing)")
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = {path.name for path in self.path.iterdir()} - IGNORED
        if not names:
            write(self.path / MARK, json.dumps({"format": FORMAT}))
        self._check_mark()
        # Whatever the folder itself allows: what is in it holds secrets and private files.
        for name in ("xorbs", "lfs", "git", "snapshots", "tmp"):
            if (self.path / name).is_symlink():  # its old files would be deleted, wherever they are
                raise BadRequest(f"{self.path / name} is a link: it must be a folder of its own")
            (self.path / name).mkdir(exist_ok=True, mode=0o700)

    def _check_mark(self) -> None:
        mark = self.path / MARK
        if not mark.is_file():
            raise BadRequest(f"{self.path} holds something else than backups: choose an empty one")
        with suppress(ValueError), mark.open("rb") as file:
            if json.loads(file.read(MAX_SIZE)) == {"format": FORMAT}:
                return
        raise BadRequest(f"{mark} is damaged, or was written by a newer Hearthub")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """For one backup at a time, or Unavailable. What it left unfinished before is gone."""
        with self._locked(os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX):
            self._tidy()
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """No backup writes here, or prunes, until the block ends. Raises Unavailable, NotFound."""
        if not (self.path / MARK).is_file():
            raise NotFound(f"There is no backup in {self.path}")
        with self._locked(os.O_RDONLY, fcntl.LOCK_SH):
            yield

    @contextmanager
    def _locked(self, flags: int, operation: int) -> Iterator[None]:
        with ExitStack() as stack:
            with suppress(FileNotFoundError):  # a copy of a backup needs no lock
                descriptor = os.open(self.path / "lock", flags, 0o600)
                stack.callback(os.close, descriptor)
                try:
                    fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise Unavailable(f"{self.path} is in use by another command") from None
            yield

    def _tidy(self) -> None:
        """Blobs of a backup that was cut short stay: the next one needs them."""
        for path in self.temporary.iterdir():
            path.unlink()
        finished = set(self.names())
        for path in self.snapshots.iterdir():
            if _SNAPSHOT.fullmatch(path.name) and path.name not in finished:
                shutil.rmtree(path)

    def names(self) -> list[str]:
        """The finished snapshots, oldest first."""
        if not self.snapshots.is_dir():
            return []
        found = (path for path in self.snapshots.iterdir() if _SNAPSHOT.fullmatch(path.name))
        return sorted(path.name for path in found if (path / NAME).is_file())

    def new_snapshot(self) -> Path:
        """An empty folder, named later than all there are, whatever the clock did."""
        names = self.names()
        name = _name(now_ms())
        if names and name <= names[-1]:
            name = _after(names[-1])
        folder = self.snapshots / name
        folder.mkdir()
        return folder

    def find(self, name: str | None) -> tuple[Path, Manifest]:
        """A finished snapshot, the newest by default. Raises NotFound, Unavailable (damaged)."""
        names = self.names()
        if not names:
            raise NotFound(f"There is no finished backup in {self.path}")
        self._check_mark()
        if name is not None and name not in names:
            raise NotFound(f"There is no snapshot {name!r} in {self.path}: {', '.join(names)}")
        folder = self.snapshots / (name or names[-1])
        return folder, read(folder / NAME)

    def blobs(self) -> LocalBlobs:
        return LocalBlobs(self.path)

    def check_apart(self, data: Path) -> None:
        own, other = self.path.resolve(), data.resolve()
        if own.is_relative_to(other) or other.is_relative_to(own):
            raise BadRequest(f"{self.path} and the data folder {data} lie inside one another")


def write(path: Path, text: str) -> None:
    """A small file that is there whole, and durable, or not at all."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)


def _name(ms: int) -> str:
    return re.sub("[-:]", "", iso(ms))


def _after(name: str) -> str:
    """The name one millisecond later, or some more where a second ends: only the order matters."""
    number = int(re.sub(r"\D", "", name)) + 1
    text = f"{number:017d}"
    return f"{text[:8]}T{text[8:14]}.{text[14:]}Z"
