"""`hearthub org`."""

from enum import StrEnum
from typing import Annotated

import typer

from hearthub.cli.common import Data, Json, moment, open_accounts, show

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Org = Annotated[str, typer.Argument(metavar="ORG")]
User = Annotated[str, typer.Argument(metavar="USER")]


class Role(StrEnum):
    admin = "admin"
    write = "write"
    contributor = "contributor"
    read = "read"


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    fullname: Annotated[str | None, typer.Option("--fullname", metavar="F")] = None,
    default_private: Annotated[
        bool, typer.Option("--default-private", help="New repos are private unless told otherwise.")
    ] = False,
    data: Data = None,
) -> None:
    """Add an organisation."""
    with open_accounts(data) as accounts:
        org = accounts.add_org(name, fullname=fullname, default_private=default_private)
    print(f"Added the organisation {org.name}")


@app.command("list")
def list_orgs(as_json: Json = False, data: Data = None) -> None:
    """List all organisations."""
    with open_accounts(data) as accounts:
        orgs = accounts.orgs()
    rows = [
        {
            "name": org.name,
            "fullname": org.fullname,
            "default_private": org.default_private,
            "created": moment(org.created),
        }
        for org in orgs
    ]
    show(rows, as_json)


@app.command()
def member(
    org: Org, user: User, role: Annotated[Role, typer.Option("--role")], data: Data = None
) -> None:
    """Make a user a member, or give a member another role."""
    with open_accounts(data) as accounts:
        accounts.set_member(org, user, role.value)
    print(f"{user} is in {org} with the role {role.value}")


@app.command()
def remove_member(org: Org, user: User, data: Data = None) -> None:
    """End a membership."""
    with open_accounts(data) as accounts:
        accounts.remove_member(org, user)
    print(f"{user} is no longer in {org}")


@app.command()
def members(org: Org, as_json: Json = False, data: Data = None) -> None:
    """List the members of an organisation."""
    with open_accounts(data) as accounts:
        found = accounts.members(org)
    show([{"name": member.account.name, "role": member.role} for member in found], as_json)
