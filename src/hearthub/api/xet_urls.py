"""The URLs of Xet as clients are told them."""

from urllib.parse import quote

from starlette.requests import Request

from hearthub.http.urls import base_url, hub_of
from hearthub.registry import Repo


def cas_url(request: Request) -> str:
    """Root of the content-addressed store, without a trailing slash (clients just append).

    The generation is part of the path because clients key their cache of known chunks by this
    URL: after stored data was lost, a new generation makes them forget.
    """
    return f"{base_url(request)}/cas/{hub_of(request).storage.cas_generation}"


def token_url(request: Request, repo: Repo, commit: str, scope: str = "read") -> str:
    """Where a token for the store is had; `scope` is read or write."""
    name = quote(repo.full_name)
    return f"{base_url(request)}/api/{repo.type}s/{name}/xet-{scope}-token/{commit}"


def reconstruction_url(request: Request, file_hash: str) -> str:
    return f"{cas_url(request)}/v1/reconstructions/{file_hash}"
