"""Users, organisations and their roles, passwords, access tokens."""

from hearthub.accounts.actor import ANONYMOUS, Actor
from hearthub.accounts.door import Accounts
from hearthub.accounts.orgs import Member
from hearthub.accounts.tokens import Token
from hearthub.accounts.users import Account

__all__ = ["ANONYMOUS", "Account", "Accounts", "Actor", "Member", "Token"]
