"""Whose hardware a page is about: what its address names, what somebody saved, or nothing."""

import re

from starlette.requests import Request
from starlette.responses import Response

from hearthub.errors import BadRequest
from hearthub.fit import Hardware, custom_hardware, find_hardware, hardware_catalogue
from hearthub.http.urls import hub_of
from hearthub.web.forms import Form, local_path, see_other
from hearthub.web.visitor import visit_of, visitor

COOKIE = "hearthub_hardware"
"""Of who is not logged in: it names a hardware, and nothing of the visitor."""
KEPT_S = 365 * 86_400
MAX_NAME = 60
_SIZE = re.compile(r"(ram-)?(\d{1,5}(?:\.\d{1,2})?)", re.ASCII)
_NAMES = re.compile(r"[\w.+-]{1,60}", re.ASCII)
KINDS = {
    "gpu": "Graphics cards",
    "unified": "Machines with shared memory",
    "accelerator": "Accelerators",
    "phone": "Phones",
}


def hardware_named(text: str) -> Hardware:
    """By its key or name; `24` is a card with so many GiB, `ram-64` a processor with so many.

    Raises BadRequest for what is neither, and for what has no memory of its own.
    """
    if found := _SIZE.fullmatch(text):
        size = float(found[2])
        return custom_hardware(ram_gib=size) if found[1] else custom_hardware(vram_gib=size)
    known = find_hardware(text[: MAX_NAME + 1])
    if known.memory_gib is None:
        raise BadRequest(f"Say how much memory {known.name} has: ram-64 is 64 GiB")
    return known


def key_of(hardware: Hardware) -> str:
    """What `hardware_named` takes."""
    if hardware.key != "custom":
        return hardware.key
    size = f"{hardware.memory_gib:g}"
    return f"ram-{size}" if hardware.kind == "cpu" else size


def asked_hardware(request: Request) -> Hardware | None:
    """What the address names. Raises BadRequest."""
    text = request.query_params.get("hardware", "").strip()
    return hardware_named(text) if text else None


def saved_hardware(request: Request) -> Hardware | None:
    """What the visitor saved: in the account, or in a cookie. None for what is not known now."""
    actor = visitor(request)
    if actor.user_id is not None:
        name = hub_of(request).accounts.hardware_of(actor.user_id) or ""
    else:
        name = request.cookies.get(COOKIE, "")
    if not _NAMES.fullmatch(name):
        return None
    try:
        return hardware_named(name)
    except BadRequest:
        return None


def hardware_of(request: Request) -> Hardware | None:
    return asked_hardware(request) or saved_hardware(request)


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """By kind: key and name, with the memory, of all that can be chosen."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for kind, heading in KINDS.items():
        rows = [it for it in hardware_catalogue() if it.kind == kind and it.memory_gib]
        rows.sort(key=lambda it: it.name.lower())
        found.append((heading, [(it.key, f"{it.name} ({it.memory_gib:g} GiB)") for it in rows]))
    return [(heading, rows) for heading, rows in found if rows]


def save(request: Request, form: Form) -> Response:
    """A form's POST: remember `hardware` (empty: none), go back to `next`."""
    text = form.text("hardware")
    key = key_of(hardware_named(text)) if text else None
    actor = visitor(request)
    if actor.user_id is not None:
        hub_of(request).accounts.set_hardware(actor.user_id, key)
    answer = see_other(local_path(form.text("next"), "/fit"))
    if actor.user_id is None:
        answer.set_cookie(
            COOKIE,
            key or "",
            max_age=KEPT_S if key else 0,
            httponly=True,
            samesite="lax",
            secure=visit_of(request).is_secure,
        )
    return answer
