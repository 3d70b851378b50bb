"""`hearthub user`."""

from typing import Annotated

import typer

from hearthub.cli.common import Data, Json, moment, open_accounts, read_secret, show

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@app.command()
def add(
    name: Name,
    admin: Annotated[bool, typer.Option("--admin", help="May do everything.")] = False,
    email: Annotated[str | None, typer.Option("--email", metavar="E")] = None,
    fullname: Annotated[str | None, typer.Option("--fullname", metavar="F")] = None,
    password_stdin: PasswordStdin = False,
    data: Data = None,
) -> None:
    """Add a user. Without a password they use tokens only."""
    password = read_secret("password") if password_stdin else None
    with open_accounts(data) as accounts:
        user = accounts.add_user(
            name, admin=admin, email=email, fullname=fullname, password=password
        )
    print(f"Added the user {user.name}")


@app.command("list")
def list_users(as_json: Json = False, data: Data = None) -> None:
    """List all users."""
    with open_accounts(data) as accounts:
        users = accounts.users()
    rows = [
        {
            "name": user.name,
            "fullname": user.fullname,
            "email": user.email,
            "admin": user.is_admin,
            "disabled": user.disabled,
            "created": moment(user.created),
        }
        for user in users
    ]
    show(rows, as_json)


@app.command()
def password(name: Name, password_stdin: PasswordStdin = False, data: Data = None) -> None:
    """Give a user another password."""
    if not password_stdin:
        raise typer.BadParameter("a password is read from standard input: add --password-stdin")
    secret = read_secret("password")
    with open_accounts(data) as accounts:
        accounts.set_password(name, secret)
    print(f"Changed the password of {name}")


@app.command()
def disable(name: Name, data: Data = None) -> None:
    """Refuse a user's logins and tokens, at once; nothing of theirs is deleted."""
    with open_accounts(data) as accounts:
        accounts.set_disabled(name, True)
    print(f"Disabled {name}")


@app.command()
def enable(name: Name, data: Data = None) -> None:
    """Undo `disable`."""
    with open_accounts(data) as accounts:
        accounts.set_disabled(name, False)
    print(f"Enabled {name}")
