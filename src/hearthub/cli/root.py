"""All commands, and what happens to their errors."""

import sys
from typing import Annotated

import typer

from hearthub import __version__
from hearthub.cli import (
    apply,
    backup,
    catalogue,
    doctor,
    fit,
    fsck,
    gc,
    importing,
    job,
    org,
    pulse,
    serve,
    token,
    user,
)
from hearthub.cli.common import shown
from hearthub.errors import HearthubError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="An open-source AI hub on your own machines. Not affiliated with Hugging Face.",
)
app.command("serve")(serve.serve)
app.command("work")(serve.work)
app.add_typer(user.app, name="user", help="People who may log in.")
app.add_typer(org.app, name="org", help="Organisations and who is in them.")
app.add_typer(token.app, name="token", help="Access tokens, which clients send.")
app.add_typer(job.app, name="job", help="Work in the background that was given up.")
app.add_typer(catalogue.app, name="catalogue", help="What lists and search read.")
app.add_typer(fit.app, name="fit", help="What models need, and what they run on.")
app.add_typer(pulse.app, name="pulse", help="What the field does: its history and its numbers.")
app.command("import")(importing.import_repo)
app.command("apply")(apply.apply)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("doctor")(doctor.doctor)
app.command("gc")(gc.gc)
app.command("fsck")(fsck.fsck)


def print_version(wanted: bool) -> None:
    if wanted:
        print(f"hearthub {__version__}")
        raise typer.Exit


@app.callback()
def hearthub(
    version: Annotated[
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Options of `hearthub` itself."""


def main() -> None:
    try:
        app()
    except (HearthubError, OSError) as error:
        # An error may quote what another hub or a file says.
        sys.exit("\n".join(shown(line) for line in f"hearthub: {error}".split("\n")))
