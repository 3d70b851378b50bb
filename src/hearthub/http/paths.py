"""Routing on the raw path.

Clients put slashes into one segment as `%2F` (`/revision/refs%2Fpr%2F1`, `/tree/main/a%2Fb`), and
frameworks that decode before routing lose them. Here routes match the undecoded path, and each
parameter is decoded by its convertor:

    {kind:kind}   models, datasets, spaces, kernels -> model, dataset, space, kernel
    {x:seg}       one segment, decoded
    {x:owner}     the same before a model's name: not `datasets` and the like, where in
                  `/datasets/alice/settings` a dataset is meant that is called settings
    {x:rest}      the rest of the path, decoded, slashes and all
"""

import re
from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor

PLURALS = {"models": "model", "datasets": "dataset", "spaces": "space", "kernels": "kernel"}
PREFIXES = {"model": "", "dataset": "datasets/", "space": "spaces/", "kernel": "kernels/"}

_ASCII = bytes(range(33, 127)).decode()
# `refs/pr/1` and `refs/convert/parquet` written with plain slashes are still one revision.
_PLAIN_REF = re.compile(
    r"(/(?:resolve|raw|tree|revision|commits?|paths-info|preupload|blob)/)refs/(pr|convert|heads|tags)/([^/]+)"
)


class KindConvertor(Convertor[str]):
    regex = "models|datasets|spaces|kernels"

    def convert(self, value: str) -> str:
        return PLURALS[value]

    def to_string(self, value: str) -> str:
        return f"{value}s"


class SegmentConvertor(Convertor[str]):
    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value, errors="surrogateescape")

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


class OwnerConvertor(SegmentConvertor):
    regex = "(?!(?:models|datasets|spaces|kernels)/)[^/]+"


class RestConvertor(SegmentConvertor):
    regex = ".*"

    def to_string(self, value: str) -> str:
        return quote(value)


register_url_convertor("kind", KindConvertor())
register_url_convertor("seg", SegmentConvertor())
register_url_convertor("owner", OwnerConvertor())
register_url_convertor("rest", RestConvertor())


def routing_path(raw_path: bytes) -> str:
    """The path routes match: still percent-encoded, plain `refs/...` folded into one segment."""
    path = raw_path.decode("ascii") if raw_path.isascii() else quote(raw_path, safe=_ASCII)
    if "/refs/" in path:
        path = _PLAIN_REF.sub(r"\1refs%2F\2%2F\3", path)
    return path
