"""Users, organisations, members, tokens and repos as a file declares them."""

from hearthub.declared.door import Declared
from hearthub.declared.plan import Plan, Step

__all__ = ["Declared", "Plan", "Step"]
