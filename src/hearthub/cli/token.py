"""`hearthub token`."""

from enum import StrEnum
from typing import Annotated

import typer

from hearthub.cli.common import Data, Json, moment, open_accounts, read_secret, show

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
