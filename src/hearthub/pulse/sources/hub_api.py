"""Any hub that has the Hub's API: its lists of models, datasets and spaces (crawl.py)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hearthub.lake import Session
from hearthub.pulse.sources.crawl import Crawl, crawl_folder
from hearthub.pulse.sources.incoming import Incoming, Options
from hearthub.pulse.sources.spool import TYPES, Spooled, digests, make_incoming
from hearthub.settings import Settings
from hearthub.upstream import Endpoint, Pace, Upstream

KIND = "hub-api"
_TAKEN = ("own", "hub-stats")


class HubApi:
    """Lists that were read to their ends."""

    def __init__(self, endpoint: Endpoint, parts: list[Spooled]) -> None:
        self.endpoint, self.parts = endpoint, parts

    def prepare(self, session: Session, options: Options) -> Incoming:
        told = options.map
        parts = [
            Spooled(part.type, part.path, options.observed_at or part.observed_at)
            for part in self.parts
        ]
        host = host_of(self.endpoint)
        whole, content = digests(parts)
        return Incoming(
            source=told.source or source_name(self.endpoint),
            kind=KIND,
            type=told.type,
            digest=whole,
            content=content,
            told=make_incoming(session, parts),
            is_whole=told.whole is not False,
            looked_at=tuple((part.type, part.observed_at) for part in parts),
            licence=told.licence,
            attribution=told.attribution or f"the API of {host}",
            origin=told.origin or host,
            is_synthetic=told.synthetic,
            is_redistributable=told.redistributable,
        )


@contextmanager
def crawled(
    options: Options, token: str | None, settings: Settings
) -> Iterator[tuple[HubApi, Path]]:
    """Read all lists of a hub, or the one of the map's type; and where they lie, until the block
    ends well."""
    endpoint, kind = Endpoint.parse(options.address or ""), options.map.type
    with crawl_folder(settings.data, endpoint.url) as folder:
        upstream = Upstream(endpoint, token, Pace(), settings.upstream_timeout)
        try:
            crawl = Crawl(upstream, folder, settings.min_free, options.say)
            parts = crawl.run((kind,) if kind else TYPES)
        finally:
            upstream.close()
        yield HubApi(endpoint, parts), folder
        crawl.clear()


def host_of(endpoint: Endpoint) -> str:
    """Host, and port where it is not the usual one; no brackets, no path."""
    return re.sub(r"[^a-z0-9.:-]", "", endpoint.url.partition("://")[2].partition("/")[0])


def source_name(endpoint: Endpoint) -> str:
    """What a universe calls it: `huggingface.co`, `127.0.0.1-7979`."""
    place = endpoint.url.partition("://")[2].lower()
    name = re.sub(r"[^a-z0-9._-]+", "-", place).strip("-._")[:60]
    return f"{name}-hub" if name in _TAKEN else name
