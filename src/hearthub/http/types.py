"""What type a stranger's file is sent as, by its name alone, and whether a browser shows it."""

import mimetypes
from urllib.parse import quote

TEXT = "text/plain; charset=utf-8"
PDF = "application/pdf"
# Types a browser may show in place; everything else is a download.
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/", "text/plain")

_TEXTS = ("/json", "/xml", "javascript", "ecmascript")


def media_type(path: str) -> str:
    """All that is text is plain text: nothing of a stranger's is HTML or a script to a browser."""
    guessed = (
        mimetypes.guess_type(f"file.{path.rpartition('.')[2]}", strict=False)[0]
        or "application/octet-stream"
    )
    # Which of them a script is called by depends on the machine.
    is_text = guessed.startswith("text/") or guessed.endswith(_TEXTS)
    return TEXT if is_text else guessed


def disposition(path: str, *, in_page: bool = False) -> str:
    """The header of that name: shown or saved, and as what. `in_page`: a page of ours frames it,
    where the viewer of the browser shows documents, too."""
    name = path.rpartition("/")[2]
    shown = media_type(path).startswith((*SHOWN, PDF) if in_page else SHOWN)
    return (
        f"{'inline' if shown else 'attachment'}; "
        f"filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    )
