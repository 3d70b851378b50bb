"""Whether an object that a stranger made may enter a repo, and what it names.

The rules are those of `git fsck --strict`; for names in trees they are those of the API (paths.py).
"""

import re
from collections.abc import Iterator

from hearthub.errors import BadRequest, TooLarge
from hearthub.registry.gitformat import Kind
from hearthub.registry.paths import clean_path
from hearthub.registry.submodules import is_modules, plain

MAX_COMMIT = 2**20
_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_MODES = {
    b"100644": Kind.BLOB,
    b"100755": Kind.BLOB,
    b"100664": Kind.BLOB,  # of git's first years, which fsck still lets pass
    b"120000": Kind.BLOB,
    b"40000": Kind.TREE,
    b"160000": None,
}
_NEVER_LINKS = frozenset({b".gitmodules", b".gitattributes", b".gitignore", b".mailmap"})
"""What git reads of a checkout: as a symbolic link it could lie anywhere."""
_WHO = rb"[^\n<>\0]* ?<[^\n<>\0]*> (?:0|[1-9]\d{0,17}) [+-]\d{4}\n"
_COMMIT = re.compile(
    rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)author " + _WHO + rb"committer " + _WHO
)
_TAG = re.compile(
    rb"object ([0-9a-f]{40})\ntype (commit|tree|blob|tag)\ntag ([^\n\0]+)\n"
    rb"(?:tagger " + _WHO + rb")?"
)

Links = Iterator[tuple[bytes, Kind]]


def links(kind: Kind, content: bytes, max_entries: int, modules: set[bytes]) -> Links:
    """What an object names, 20 bytes each, and of which kind that must be. What a tree names as
    a list of submodules goes into `modules` too: those files are to be judged.

    Raises BadRequest for what is malformed, Unprocessable for a name no tree may hold, TooLarge.
    """
    if kind is Kind.TREE:
        return _of_tree(content, max_entries, modules)
    if kind is Kind.BLOB:
        return iter(())
    if len(content) > MAX_COMMIT:
        raise TooLarge(f"A {kind.word} has at most {MAX_COMMIT} bytes")
    return _of_commit(content) if kind is Kind.COMMIT else _of_tag(content)


def _of_commit(content: bytes) -> Links:
    found = _COMMIT.match(content)
    if found is None or b"\0" in content:
        raise BadRequest("A commit is malformed: its tree, its parents, or who made it and when")
    yield bytes.fromhex(found[1].decode()), Kind.TREE
    for line in found[2].splitlines():
        yield bytes.fromhex(line[7:].decode()), Kind.COMMIT


def _of_tag(content: bytes) -> Links:
    found = _TAG.match(content)
    if found is None or b"\0" in content:
        raise BadRequest("A tag is malformed: what it names, its own name, or who made it and when")
    yield bytes.fromhex(found[1].decode()), Kind[found[2].decode().upper()]


def _of_tree(content: bytes, max_entries: int, modules: set[bytes]) -> Links:
    entries = _ENTRY.findall(content)
    if sum(len(mode) + len(name) + 22 for mode, name, _ in entries) != len(content):
        raise BadRequest("A tree is malformed")
    if 0 < max_entries < len(entries):
        raise TooLarge(
            f"A folder would have {len(entries)} entries, the limit is {max_entries}: spread the "
            "files over several folders, or pack them into archives"
        )
    last, names = b"", set()
    for mode, name, oid in entries:
        if mode not in _MODES:
            raise BadRequest(f"A tree has {_shown(name)} with the unknown mode {mode.decode()}")
        if mode == b"120000" and _is_read_by_git(name):
            raise BadRequest(f"{_shown(name)} cannot be a symbolic link")
        key = name + b"/" if mode == b"40000" else name
        if key <= last or name in names:
            raise BadRequest(f"A tree has {_shown(name)} twice, or not in git's order")
        last = key
        names.add(name)
        _check_name(name)
        kind = _MODES[mode]
        if is_modules(name.decode()):
            if kind is not Kind.BLOB:
                raise BadRequest(f"{_shown(name)} must be a file")
            modules.add(oid)
        if kind is not None:
            yield oid, kind


def _is_read_by_git(name: bytes) -> bool:
    text = name.decode(errors="replace")
    return plain(text).encode() in _NEVER_LINKS or is_modules(text)


def _check_name(name: bytes) -> None:
    if b"/" in name:
        raise BadRequest(f"A name in a tree cannot have a slash: {_shown(name)}")
    try:
        clean_path(name.decode())
    except UnicodeDecodeError:
        raise BadRequest(f"A name must be valid UTF-8: {_shown(name)}") from None


def _shown(name: bytes) -> str:
    return ascii(name[:80].decode(errors="replace"))
