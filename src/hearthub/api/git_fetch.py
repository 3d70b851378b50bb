"""Fetches: lists of refs and packs, in version 2 of git's protocol and, for libgit2 and other old
clients, in version 0 (gitprotocol-v2(5), gitprotocol-pack(5))."""

import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from hearthub.context import Hub
from hearthub.errors import BadRequest, HearthubError, TooLarge
from hearthub.http.actor import read
from hearthub.http.pktlines import ERROR, PACK, Line, Mark, in_band, line, read_lines
from hearthub.http.threads import run_heavy
from hearthub.http.urls import hub_of
from hearthub.registry import Fetch, Filter, Ref, Repo, Selection

MAX_BODY = 32 * 2**20
"""Bytes, unpacked: half a million wants or haves."""
HEAD = "refs/heads/main"
CAPABILITIES = (
    "side-band-64k shallow deepen-since deepen-not deepen-relative filter no-progress include-tag "
    "allow-tip-sha1-in-want allow-reachable-sha1-in-want object-format=sha1 "
    f"symref=HEAD:{HEAD}"
)
_ZERO = "0" * 40
_TYPE = "application/x-git-upload-pack-result"
_FRESH = {"Cache-Control": "no-cache, max-age=0, must-revalidate"}


@dataclass
class _Asked:
    """What a request says, before it is known what of it the repo has."""

    wants: list[bytes] = field(default_factory=list)
    haves: list[bytes] = field(default_factory=list)
    shallow: set[bytes] = field(default_factory=set)
    without: list[str] = field(default_factory=list)
    depth: int | None = None
    since: int | None = None
    leaves_out: Filter = field(default_factory=Filter)
    flags: set[str] = field(default_factory=set)
    is_done: bool = False


def capabilities(agent: str) -> bytes:
    """What version 2 begins with."""
    told = ("version 2", agent, "ls-refs=unborn", "fetch=shallow filter", "object-format=sha1")
    return b"".join(line(f"{it}\n") for it in told) + Mark.FLUSH.value


def advertise(refs: list[Ref], told: str, *, is_push: bool) -> bytes:
    """What version 0 begins with: all refs, the capabilities behind the first."""
    rows = [] if is_push else [(ref.oid, "HEAD") for ref in refs if ref.name == HEAD]
    for ref in refs:
        rows.append((ref.oid, ref.name))
        if ref.oid != ref.commit_oid and not is_push:
            rows.append((ref.commit_oid, f"{ref.name}^{{}}"))
    rows = rows or [(_ZERO, "capabilities^{}")]
    first = line(f"{rows[0][0]} {rows[0][1]}\0{told}\n")
    rest = b"".join(line(f"{oid} {name}\n") for oid, name in rows[1:])
    return first + rest + Mark.FLUSH.value


async def answer(request: Request, repo: Repo, is_version_2: bool) -> Response:
    """Raises BadRequest for what is not git's protocol; other errors git reads in the answer."""
    hub, lines = hub_of(request), [it for it, _ in read_lines(await _body(request))]
    try:
        return await (_answer_2 if is_version_2 else _fetch_0)(hub, repo, lines)
    except HearthubError as error:
        text = line(f"ERR {' '.join(str(error).split())}\n".encode(errors="replace"))
        return Response(text, media_type=_TYPE, headers=_FRESH)


async def _answer_2(hub: Hub, repo: Repo, lines: list[Line]) -> Response:
    name, words = _command(lines)
    if name == "fetch":
        return await _fetch_2(hub, repo, words)
    if name != "ls-refs":
        raise BadRequest(f"upload-pack: unknown command {name[:40]!r}")
    refs = await read(hub, hub.registry.refs, repo)
    return Response(_ls_refs(refs, words), media_type=_TYPE, headers=_FRESH)


def _command(lines: list[Line]) -> tuple[str, list[str]]:
    """A command of version 2 and its arguments, which stand behind a delimiter."""
    name, words, is_behind = "", list[str](), False
    for it in lines:
        if isinstance(it, Mark):
            is_behind = is_behind or it is Mark.DELIM
        elif is_behind:
            words.append(it.decode(errors="surrogateescape"))
        elif it.startswith(b"command="):
            name = it[8:].decode(errors="replace")
        elif it.startswith(b"object-format=") and it != b"object-format=sha1":
            raise BadRequest("upload-pack: objects of this hub are named by SHA-1")
    return name, words


def _ls_refs(refs: list[Ref], words: list[str]) -> bytes:
    prefixes = tuple(word[11:] for word in words if word.startswith("ref-prefix "))
    rows = [("HEAD", ref) for ref in refs if ref.name == HEAD] + [(it.name, it) for it in refs]
    out = b""
    for name, ref in rows:
        if prefixes and not name.startswith(prefixes):
            continue
        row = f"{ref.oid} {name}"
        if name == "HEAD" and "symrefs" in words:
            row += f" symref-target:{HEAD}"
        if "peel" in words and ref.oid != ref.commit_oid:
            row += f" peeled:{ref.commit_oid}"
        out += line(row + "\n")
    return out + Mark.FLUSH.value


async def _fetch_2(hub: Hub, repo: Repo, words: list[str]) -> Response:
    asked = _parse(words)
    refs = await read(hub, hub.registry.refs, repo)
    common = await run_heavy(hub.registry.git.common, repo, asked.haves)
    head = b""
    if not asked.is_done:
        acks = "".join(f"ACK {oid.hex()}\n" for oid in sorted(common)) or "NAK\n"
        head = line("acknowledgments\n") + b"".join(line(f"{it}\n") for it in acks.splitlines())
        if not await run_heavy(hub.registry.git.is_enough, repo, asked.wants, common):
            return Response(head + Mark.FLUSH.value, media_type=_TYPE, headers=_FRESH)
        head += line("ready\n") + Mark.DELIM.value
    selection = await run_heavy(hub.registry.git.select, repo, _resolved(asked, refs, common))
    if asked.depth or asked.since is not None or asked.without:
        head += line("shallow-info\n") + _edges(selection) + Mark.DELIM.value
    head += line("packfile\n")
    return _packed(hub, repo, selection, head, has_bands=True)


async def _fetch_0(hub: Hub, repo: Repo, lines: list[Line]) -> Response:
    """One answer to one request: clients send again all they said before."""
    words = [it.decode(errors="surrogateescape") for it in lines if isinstance(it, bytes)]
    if not words:
        return Response(media_type=_TYPE, headers=_FRESH)
    first, _, told = words[0].partition(" ")[2].partition(" ")
    words[0] = f"want {first}"
    asked = _parse(words)
    asked.flags |= set(told.split())
    deepens = bool(asked.depth or asked.since is not None or asked.without)
    common = await run_heavy(hub.registry.git.common, repo, asked.haves)
    refs = await read(hub, hub.registry.refs, repo)
    selection, head = None, b""
    if deepens or asked.is_done:
        selection = await run_heavy(hub.registry.git.select, repo, _resolved(asked, refs, common))
    if deepens and selection is not None:
        head += _edges(selection) + Mark.FLUSH.value
    # Without multi_ack the first that both have is told of, and ends the asking.
    first_common = next((oid for oid in asked.haves if oid in common), None)
    known = f"ACK {first_common.hex()}\n" if first_common else "NAK\n"
    if not asked.is_done or selection is None:
        if asked.haves or not deepens:
            head += line(known)
        return Response(head, media_type=_TYPE, headers=_FRESH)
    return _packed(hub, repo, selection, head + line(known), "side-band-64k" in asked.flags)


def _parse(words: list[str]) -> _Asked:
    asked = _Asked()
    for word in words:
        name, _, value = word.partition(" ")
        match name:
            case "want":
                asked.wants.append(_oid(value))
            case "have":
                asked.haves.append(_oid(value))
            case "shallow":
                asked.shallow.add(_oid(value))
            case "deepen":
                asked.depth = _number(value) or None
            case "deepen-since":
                asked.since = _number(value)
            case "deepen-not":
                asked.without.append(value)
            case "filter":
                asked.leaves_out = _filter(value)
            case "done":
                asked.is_done = True
            case _:
                asked.flags.add(name)
    if not asked.wants:
        raise BadRequest("upload-pack: nothing is wanted")
    return asked


def _resolved(asked: _Asked, refs: list[Ref], common: set[bytes]) -> Fetch:
    return Fetch(
        wants=tuple(asked.wants),
        haves=tuple(common),
        shallow=frozenset(asked.shallow),
        depth=asked.depth,
        is_relative="deepen-relative" in asked.flags,
        since=asked.since,
        without=tuple(_named(refs, name) for name in asked.without),
        leaves_out=asked.leaves_out,
        with_tags="include-tag" in asked.flags,
    )


def _named(refs: list[Ref], name: str) -> bytes:
    """The commit of a branch or tag, in full or in short."""
    wanted = {name, f"refs/heads/{name}", f"refs/tags/{name}"}
    found = next((ref for ref in refs if ref.name in wanted or ref.commit_oid == name), None)
    if found is None:
        raise BadRequest(f"upload-pack: there is no ref {name!r} to leave out")
    return bytes.fromhex(found.commit_oid)


def _edges(selection: Selection) -> bytes:
    told = [f"shallow {oid.hex()}" for oid in selection.shallow]
    told += [f"unshallow {oid.hex()}" for oid in selection.unshallow]
    return b"".join(line(it) for it in told)


def _packed(
    hub: Hub, repo: Repo, selection: Selection, head: bytes, has_bands: bool
) -> StreamingResponse:
    async def pieces() -> AsyncIterator[bytes]:
        yield head
        pack = hub.registry.git.pack(repo, selection.objects)
        try:
            while (piece := await run_heavy(next, pack, None)) is not None:
                yield in_band(PACK, piece) if has_bands else piece
        except HearthubError as error:
            # The answer has begun: this is the only way left to say it.
            yield in_band(ERROR, f"{error}\n".encode())
            return
        if has_bands:
            yield Mark.FLUSH.value

    return StreamingResponse(pieces(), media_type=_TYPE, headers=_FRESH)


def _oid(text: str) -> bytes:
    if len(text) != 40:
        raise BadRequest(f"upload-pack: {text[:50]!r} names no object")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BadRequest(f"upload-pack: {text!r} names no object") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest(f"upload-pack: {text[:40]!r} is no number")
    return int(text)


_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30}


def _filter(spec: str) -> Filter:
    """`blob:none`, `blob:limit=`, `tree:`; raises BadRequest for others."""
    kind, _, value = spec.partition("=")
    if spec == "blob:none":
        return Filter(blob_limit=0)
    if kind == "blob:limit" and value:
        unit = _UNITS.get(value[-1].lower(), 1)
        return Filter(blob_limit=_number(value.rstrip("kKmMgG")) * unit)
    if spec.startswith("tree:"):
        return Filter(tree_depth=_number(spec[5:]))
    raise BadRequest(f"upload-pack: this hub knows no filter {spec[:60]!r}; it knows blob and tree")


async def _body(request: Request) -> bytes:
    """The body, which git packs when it is long."""
    coding = request.headers.get("content-encoding", "identity")
    if coding not in ("identity", "gzip", "x-gzip"):
        raise BadRequest(f"A body cannot be {coding[:40]!r} here")
    unpacker = None if coding == "identity" else zlib.decompressobj(31)
    body = bytearray()
    async for chunk in request.stream():
        body += unpacker.decompress(chunk, MAX_BODY + 1 - len(body)) if unpacker else chunk
        if len(body) > MAX_BODY or (unpacker and unpacker.unconsumed_tail):
            raise TooLarge(f"The request has more than {MAX_BODY} bytes: fetch in several steps")
    return bytes(body)
