"""`hearthub serve` and `hearthub work`."""

import sys
from typing import Annotated
from urllib.parse import urlsplit

import typer

from hearthub.cli.common import Data, settings_for
from hearthub.settings import LOOPBACK, Settings


def serve(
    host: Annotated[
        str | None, typer.Option("--host", metavar="H", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="P", min=1, max=65535, show_default="7979")
    ] = None,
    data: Data = None,
    public_url: Annotated[
        str | None,
        typer.Option("--public-url", metavar="URL", help="What clients call this hub."),
    ] = None,
) -> None:
    """Serve the hub, and run its jobs, until interrupted."""
    settings = settings_for(data, host=host, port=port, public_url=public_url)
    if settings.public_url and not is_web_address(settings.public_url):
        raise typer.BadParameter(f"the public URL {settings.public_url!r} is no http(s) address")
    address = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"Hearthub listens on http://{address}:{settings.port}, data in {settings.data}")
    if settings.public_url:
        print(f"Clients reach it at {settings.public_url}")
    sys.stdout.flush()
    if is_exposed(settings):
        print(
            "warning: other machines can reach this hub, and passwords, tokens and files travel "
            "unencrypted. Put a TLS proxy in front and give its address as --public-url https://...",
            file=sys.stderr,
            flush=True,
        )
    from hearthub import app

    app.serve(settings)


def work(data: Data = None) -> None:
    """Run jobs without serving, until interrupted."""
    settings = settings_for(data)
    print(f"Hearthub runs jobs, data in {settings.data}", flush=True)
    from hearthub import app

    app.work(settings)


def is_web_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_exposed(settings: Settings) -> bool:
    """Whether others may reach the hub without TLS, as far as the settings tell."""
    if settings.public_url:
        parts = urlsplit(settings.public_url)
        if parts.scheme == "https":
            return False
        if parts.hostname not in LOOPBACK:
            return True
    return not settings.is_loopback
