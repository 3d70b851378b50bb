"""What scenarios are made of. Runs inside a client's interpreter: no pytest, nothing of ours.

    with step("create_branch"):
        api.create_branch(repo, branch="dev")

A step that raises is recorded as failed and the scenario goes on: one run shows all that is wrong.
"""

import json
import os
import random
import sys
import time
import traceback
import urllib.request
from contextlib import contextmanager
from itertools import count
from pathlib import Path

TOKENS = json.loads(os.environ["TOKENS"])
READ_TOKENS = json.loads(os.environ["READ_TOKENS"])
ENDPOINT = os.environ["HF_ENDPOINT"]
HAS_XET = os.environ.get("HF_HUB_DISABLE_XET") != "1"
SCENARIO = Path(sys.argv[0]).stem
_numbers = count(1)


class Absent(Exception):
    """This client has no such operation."""


class step:  # noqa: N801
    """One operation; its outcome goes to `$STEPS` as a line of JSON."""

    def __init__(self, operation):
        self.operation = operation

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        line = {"operation": self.operation, "outcome": "yes"}
        if isinstance(error, Absent):
            line["outcome"] = "absent"
        elif error is not None:
            line |= {"outcome": "no", "error": "".join(traceback.format_exception(error))}
        with Path(os.environ["STEPS"]).open("a", encoding="utf-8") as steps:
            steps.write(json.dumps(line) + "\n")
        return error is None or isinstance(error, Exception)


def has(api, method):
    """Raise Absent unless this client has the method."""
    if not hasattr(api, method):
        raise Absent(method)


def same(got, expected):
    if got != expected:
        raise AssertionError(f"got {got!r:.2000}\nexpected {expected!r:.2000}")


@contextmanager
def raises(kind, status=None, words=""):
    """The block fails with this class, not a subclass of it; with this HTTP status and words."""
    try:
        yield
    except kind as error:
        if type(error) is not kind:
            raise
        if status is not None:
            same(error.response.status_code, status)
        if words not in str(error):
            raise
    else:
        raise AssertionError(f"{kind.__name__} was not raised")


@contextmanager
def refused(*statuses):
    """The block fails with one of these HTTP statuses, whatever class the client makes of it."""
    try:
        yield
    except Exception as error:
        if getattr(getattr(error, "response", None), "status_code", None) not in statuses:
            raise
    else:
        raise AssertionError(f"was not refused with {statuses}")


def eventually(check):
    """Wait up to ten seconds: what was just written is listed a moment later."""
    for _ in range(100):
        if check():
            return
        time.sleep(0.1)
    raise AssertionError("it was not listed within ten seconds")


def new_name(namespace="alice"):
    """A repo id nothing else in the run uses."""
    return f"{namespace}/{SCENARIO}-{os.environ['CLIENT']}-{next(_numbers)}"


def content_of(path):
    return Path(path).read_bytes()


def text_of(path):
    return Path(path).read_text(encoding="utf-8")


def noise(size, seed):
    """Bytes that do not compress, the same ones for the same seed."""
    return random.Random(seed).randbytes(size)


def call(method, path, body=None, user="alice"):
    """A request no client offers a method for; returns the parsed JSON."""
    request = urllib.request.Request(
        f"{ENDPOINT}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {TOKENS[user]}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def requests_of(endpoint):
    """How many requests the hub has answered with success at the handler `endpoint`."""
    with urllib.request.urlopen(f"{ENDPOINT}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    wanted = f'hearthub_requests_total{{endpoint="{endpoint}",'
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith(wanted) and 'status="2' in line
    )
