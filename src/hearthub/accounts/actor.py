"""Who is asking."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hearthub.accounts.tokens import Token


@dataclass(frozen=True)
class Actor:
    """The caller of one request. What they may do is for the registry to decide."""

    user_id: int | None = None
    """None: nobody is logged in."""
    name: str | None = None
    is_admin: bool = False
    """An administrator of the whole hub."""
    can_write: bool = False
    """False for read tokens, whatever their user may do."""
    roles: Mapping[int, str] = field(default_factory=dict)
    """By organisation id: admin, write, contributor or read."""
    token: Token | None = None
    """None: logged in without a token."""

    @property
    def is_anonymous(self) -> bool:
        return self.user_id is None


ANONYMOUS = Actor()
