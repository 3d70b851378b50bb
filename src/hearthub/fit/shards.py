"""The headers of all shards of a safetensors model at once, as its index names them.

What is read was written by strangers: it is checked in a process that may be killed, then passed
on byte for byte.
"""

from typing import Any

import orjson

from hearthub.errors import BadRequest, EntryNotFound, TooLarge
from hearthub.fit.hosted import HostedModel
from hearthub.fit.readers.safetensors import MAX_HEADER, parse_header
from hearthub.fit.sources import Source, SourceFile
from hearthub.registry import Registry, Repo
from hearthub.sandbox import Sandbox

MAX_INDEX = 2**25
"""Bytes. A model of 700 B parameters in 92,000 tensors has an index of 9 MB."""
MAX_HEADERS = 2**25
"""Bytes of all headers together; those of that model have 12 MB."""
MAX_SHARDS = 1000
TIMEOUT_S = 5.0


def shard_headers(
    registry: Registry, repo: Repo, commit: str, path: str, sandbox: Sandbox
) -> bytes:
    """`{"index": {"metadata": ...}, "headers": {shard: header}}` as JSON.

    `path` is that of the index; shards lie in its folder. Raises EntryNotFound for an index or a
    shard that is not there, BadRequest for a malformed one, TooLarge for more than is read.
    """
    source = HostedModel(registry, repo, commit)
    files = {file.path: file for file in source.files()}
    if path not in files:
        raise EntryNotFound(f"{path} is not there")
    metadata, names = _index(source, files[path], sandbox)
    folder, slash, _ = path.rpartition("/")
    headers = []
    left = MAX_HEADERS
    for name in names:
        shard = files.get(folder + slash + name)
        if shard is None:
            raise EntryNotFound(f"{name[:200]}, a shard of {path}, is not there")
        header = _header(source, shard, left)
        sandbox.run(check, shard.path, header, shard.size, timeout=TIMEOUT_S)
        left -= len(header)
        headers.append(orjson.dumps(name) + b":" + header)
    index = orjson.dumps({"metadata": metadata})
    return b'{"index":' + index + b',"headers":{' + b",".join(headers) + b"}}"


def _index(source: Source, file: SourceFile, sandbox: Sandbox) -> tuple[dict[str, Any], list[str]]:
    if file.size > MAX_INDEX:
        raise TooLarge(f"{file.path} has {file.size} bytes; at most {MAX_INDEX} are read")
    text = source.read(file, 0, file.size)
    return sandbox.run(names_of, file.path, text, timeout=TIMEOUT_S)


def names_of(path: str, text: bytes) -> tuple[dict[str, Any], list[str]]:
    """In a worker: `metadata` of an index, and the shards its `weight_map` names."""
    try:
        index = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest(f"{path} is not JSON") from None
    weight_map = index.get("weight_map") if isinstance(index, dict) else None
    shards = weight_map.values() if isinstance(weight_map, dict) else []
    if not shards or not all(isinstance(name, str) for name in shards):
        raise BadRequest(f"{path} is no index of safetensors: it has no weight_map")
    names = sorted(set(shards))
    if len(names) > MAX_SHARDS:
        raise TooLarge(f"{path} names more than {MAX_SHARDS} shards")
    metadata = index.get("metadata")
    return metadata if isinstance(metadata, dict) else {}, names


def check(path: str, header: bytes, size: int) -> None:
    """In a worker: raises BadRequest for a header that is not as the format wants it."""
    try:
        parse_header(header, size - 8 - len(header))
    except ValueError as error:
        raise BadRequest(f"{path}: {error}") from None


def _header(source: Source, file: SourceFile, most: int) -> bytes:
    length = int.from_bytes(source.read(file, 0, min(8, file.size)), "little")
    if not 2 <= length <= min(file.size - 8, MAX_HEADER):
        raise BadRequest(f"{file.path}: not a safetensors file, or cut off")
    if length > most:
        raise TooLarge(f"The headers of all shards have more than {MAX_HEADERS} bytes")
    return source.read(file, 8, 8 + length)
