"""Lines of the log: one for each message, whatever a stranger wrote into it."""

import logging
import sys

from hearthub.http.logs import TextLines


def record(text: str, *args: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("hearthub.x", logging.INFO, "x.py", 1, text, args, None)
    made.__dict__.update(more)
    return made


def test_a_message_is_one_line() -> None:
    text = "a\nb\r\x1b[31m\x00\x85\u2028\u202e\x7f ä \\"
    line = TextLines().format(record("said %s", text, repo=text))
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert "a\\nb\\r\\x1b[31m\\x00\\x85\\u2028\\u202e\\x7f ä" in line
    assert line.count("\\x1b") == 2


def test_a_trace_keeps_its_lines() -> None:
    try:
        raise ValueError("one\ntwo \x1b[31m")
    except ValueError:
        made = record("broke")
        made.exc_info = sys.exc_info()
    lines = TextLines().format(made).splitlines()
    assert lines[0].endswith("broke")
    assert "ValueError: one" in "\n".join(lines[1:])
    assert "\x1b" not in "\n".join(lines)
