"""What strangers wrote, as people get to see it."""


def printable(text: object, limit: int = 300) -> str:
    """A stranger's text as one line that no terminal takes for a command."""
    line = " ".join(str(text)[: 4 * limit].split())
    return "".join(c if c.isprintable() else "?" for c in line)[:limit]
