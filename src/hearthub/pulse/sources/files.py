"""Files as sources: which content it is, and of when; and where sources keep what they read."""

import hashlib
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from hearthub.errors import BadRequest
from hearthub.pulse.sources.incoming import Options

ABANDONED_S = 7 * 86_400


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def time_of(options: Options) -> datetime:
    """The time of a file that tells none: what was said, else its date. UTC without a zone."""
    if options.observed_at is not None:
        return options.observed_at
    if options.path is None:
        raise BadRequest("When was it observed? Say --observed-at")
    changed = datetime.fromtimestamp(options.path.stat().st_mtime, UTC)
    return changed.replace(tzinfo=None, microsecond=0)


def workplace(data: Path) -> Path:
    """Where sources keep what they read. What nobody goes on with goes after a week."""
    place = data / "tmp" / "pulse"
    place.mkdir(parents=True, exist_ok=True)
    for path in place.iterdir():
        if time.time() - path.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(path, ignore_errors=True)
    return place
