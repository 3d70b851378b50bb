"""`hearthub doctor`."""


def doctor() -> None:
    """Look for what is wrong."""
