"""Names of accounts and repos, as the clients' own pattern has them (client-protocol.md A0)."""

import re

from hearthub.errors import BadRequest

MAX_NAME = 96

# Words that are, or may become, the first segment of a route: never an account's name.
_ROUTE_WORDS = """
about account accounts admin api apps assets auth blob blog buckets cas chat claims classify
collections compare competitions contact courses datasets docs download enterprise error events
explore favicon.ico favorites featured feed fit followers following gists groups healthz help home
hub hubs images index index.html inbox inference invite invites jobs join kernels learn legal lfs
likes login logout mcp media metrics mirror model models new new-dataset new-model new-space
notifications null oauth openapi openapi.json organization organizations orgs papers password
posts pricing privacy profile pulse raw readyz register repo repos reports resolve robots.txt
scripts search security sessions settings signin signout signup sitemap.xml sounds space spaces
sql static status storage storages styles support system tasks terms tokens trending undefined
upload uploads user users v1 v2 v3 verify viewer watch webhooks well-known whoami www xet
"""
RESERVED = frozenset(_ROUTE_WORDS.split())

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_SHAPE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?", re.ASCII)
_RULE = (
    f"use 1 to {MAX_NAME} letters, digits, '-', '_' or '.', "
    "not starting or ending with '-' or '.', and without '--' or '..'"
)
_REPO_SUFFIXES = (".git", ".ipynb")  # both mean something else at the end of an address
_FEED = "feed.atom"  # stands where a model's name does


def check_namespace(name: str) -> None:
    """Refuse (BadRequest) a name that no user or organisation may have."""
    _check_shape(name, "an account")
    if name.lower() in RESERVED:
        raise BadRequest(f"The name {name!r} is reserved")


def check_repo_name(name: str) -> None:
    """Refuse (BadRequest) a name that no repo may have, in any namespace."""
    _check_shape(name, "a repo")
    if name.lower() == _FEED:
        raise BadRequest(f"The name {name!r} is reserved")
    if name.lower().endswith(_REPO_SUFFIXES):
        raise BadRequest(f"A repo name cannot end in {' or '.join(_REPO_SUFFIXES)}: {name!r}")


def split_id(repo_id: str) -> tuple[str, str]:
    """`"acme/bert"` as `("acme", "bert")`; BadRequest unless both parts are names."""
    namespace, slash, name = repo_id.partition("/")
    if not slash:
        raise BadRequest(f"A repo id is 'namespace/name', not {repo_id[:200]!r}")
    _check_shape(namespace, "an account")
    check_repo_name(name)
    return namespace, name


def _check_shape(name: str, what: str) -> None:
    if not _SHAPE.fullmatch(name) or "--" in name or ".." in name:
        raise BadRequest(f"{name[:200]!r} is not a name for {what}: {_RULE}")


def misspellings(word: str) -> set[str]:
    """All that one mistake makes of a lower-case word: a letter lost, changed or too many, or two
    swapped.

    Norvig, "How to Write a Spelling Corrector". Empty for words of less than 3 or more than 24
    letters, and of other scripts.
    """
    if not word.isascii() or not 3 <= len(word) <= 24:
        return set()
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {a + b[1:] for a, b in halves if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    found |= {a + c + b[1:] for a, b in halves if b for c in _ALPHABET}
    found |= {a + c + b for a, b in halves for c in _ALPHABET}
    return found - {word}
