"""Log lines: text for people, JSON for machines; tokens and signatures are blotted out."""

import json
import logging
import re

from hearthub.clock import iso
from hearthub.settings import Settings

_SECRET = re.compile(
    r"hf_\w{8,}|xet_[\w.-]{8,}|(?:sig|grant|token|signature)=[^&\s\"]+|Bearer \S+|Basic \S+"
    r"|(?<=/feed/)[\w-]{8,}|(?<=/pass/)[\w.-]{8,}"
)
_EXTRAS = ("request_id", "ms", "job", "repo")


def set_up(settings: Settings) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def blot(text: str) -> str:
    """The text without anything that could be used as a credential."""
    return _SECRET.sub("[secret]", text)


class TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        extras = " ".join(f"{k}={v}" for k, v in _extras(record).items())
        said = _escaped(f"{record.getMessage()} {extras}".rstrip())
        line = f"{iso(int(record.created * 1000))} {record.levelname.lower():7} {record.name} "
        return blot(f"{line}{said}{self._trace(record)}")

    def _trace(self, record: logging.LogRecord) -> str:
        if not record.exc_info:
            return ""
        trace = self.formatException(record.exc_info).split("\n")
        return "".join(f"\n{_escaped(line)}" for line in trace)


def _escaped(text: str) -> str:
    """Whoever wrote a part of it makes no lines of their own, and tells the terminal nothing."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": iso(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return blot(json.dumps(line, default=str))


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: record.__dict__[name] for name in _EXTRAS if name in record.__dict__}
