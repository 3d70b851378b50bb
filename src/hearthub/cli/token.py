"""`hearthub token`."""

from enum import StrEnum
from typing import Annotated

import typer

from hearthub.cli.common import Data, Json, moment, open_accounts, read_secret, show, shown

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

User = Annotated[str, typer.Argument(metavar="USER")]


class Role(StrEnum):
    read = "read"
    write = "write"


@app.command()
def add(
    user: User,
    name: Annotated[str, typer.Option("--name", metavar="N", help="What it is for.")] = "default",
    role: Annotated[Role, typer.Option("--role")] = Role.write,
    expires: Annotated[
        int | None, typer.Option("--expires", metavar="DAYS", min=1, show_default="never")
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Register the token that comes on standard input.")
    ] = False,
    data: Data = None,
) -> None:
    """Make a token and print it, alone. It cannot be shown again."""
    value = read_secret("token") if stdin else None
    with open_accounts(data) as accounts:
        print(accounts.add_token(user, name, role.value, expires, value))


@app.command("list")
def list_tokens(user: User, as_json: Json = False, data: Data = None) -> None:
    """List a user's tokens, revoked and expired ones too."""
    with open_accounts(data) as accounts:
        tokens = accounts.tokens(user)
    rows = [
        {
            "id": token.id,
            "name": token.name,
            "role": token.role,
            "hint": f"...{token.hint}",
            "created": moment(token.created),
            "expires": moment(token.expires),
            "revoked": moment(token.revoked),
            "last_used": moment(token.last_used),
        }
        for token in tokens
    ]
    show(rows, as_json)


@app.command()
def revoke(
    user: User,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, or number in `list`.")],
    data: Data = None,
) -> None:
    """Refuse a token from now on."""
    with open_accounts(data) as accounts:
        accounts.revoke_token(user, name)
    print(f"Revoked the token {name} of {user}")


@app.command()
def approve(
    code: Annotated[str, typer.Argument(metavar="CODE", help="What the device shows.")],
    user: Annotated[str, typer.Option("--user", metavar="USER")],
    role: Annotated[Role, typer.Option("--role")] = Role.write,
    data: Data = None,
) -> None:
    """Log in a device that waits, such as `hf auth login`: it gets a token of this user."""
    with open_accounts(data) as accounts:
        device = accounts.device.approve(user, code, role.value)
    print(f"Approved {shown(device.agent)} at {device.address} for {user}")


@app.command()
def deny(
    code: Annotated[str, typer.Argument(metavar="CODE", help="What the device shows.")],
    user: Annotated[str, typer.Option("--user", metavar="USER")],
    data: Data = None,
) -> None:
    """Refuse a device that waits."""
    with open_accounts(data) as accounts:
        device = accounts.device.deny(user, code)
    print(f"Denied {shown(device.agent)} at {device.address}")
