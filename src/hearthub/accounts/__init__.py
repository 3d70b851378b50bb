"""Users, organisations and their roles, passwords, access tokens."""

from hearthub.accounts.actor import ANONYMOUS, Actor
from hearthub.accounts.device import Polled, Started, Waiting
from hearthub.accounts.door import Accounts
from hearthub.accounts.orgs import ROLES, Member
from hearthub.accounts.passwords import check as check_password
from hearthub.accounts.passwords import hash_password
from hearthub.accounts.sessions import Session
from hearthub.accounts.sign_ins import SignIn
from hearthub.accounts.tokens import Token
from hearthub.accounts.tokens import check as check_token
from hearthub.accounts.users import Account, check_text

__all__ = [
    "ANONYMOUS",
    "ROLES",
    "Account",
    "Accounts",
    "Actor",
    "Member",
    "Polled",
    "Session",
    "SignIn",
    "Started",
    "Token",
    "Waiting",
    "check_password",
    "check_text",
    "check_token",
    "hash_password",
]
