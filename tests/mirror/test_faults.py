"""From one hub to another with faults in between."""

import httpx
import pytest

from calls import commit, put
from live import LiveHub
from mirror.conftest import (
    Importer,
    Model,
    files_at,
    info_at,
    new_model,
)
from mirror.proxy import (
    Proxy,
    also,
    cut,
    flip,
    proxy_to,
    redirect,
    refuse,
    stall,
    with_header,
)

pytestmark = pytest.mark.usefixtures("hasty")
LFS = "model.safetensors"
MIB = 2**20


@pytest.fixture
def model(alice: httpx.Client) -> Model:
    return new_model(alice)


def to_fetch(model: Model) -> int:
    """Both hubs begin a repo with the same .gitattributes."""
    return model.size - len(model.files[".gitattributes"])


def test_cut_connections(model: Model, here: LiveHub, importer: Importer, upstream: Proxy) -> None:
    for after in (MIB, MIB // 2, 0, 100):
        upstream.on(LFS, cut(after))
    upstream.on("README", cut(5))
    upstream.on("/tree/", cut(30))
    upstream.on("/revision/", cut(3))
    result = importer(model.name).json
    assert files_at(here, model.name) == model.files
    assert result["bytes_downloaded"] == to_fetch(model) == upstream.sent()
    ranges = [seen.headers.get("range") for seen in upstream.files() if LFS in seen.path]
    starts = [MIB, 3 * MIB // 2, 3 * MIB // 2, 3 * MIB // 2 + 100]
    assert ranges == [None, *(f"bytes={start}-" for start in starts)]


def test_upstream_without_ranges(
    model: Model, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    upstream.knows_ranges = False
    upstream.on(LFS, cut(MIB))
    result = importer(model.name).json
    assert files_at(here, model.name) == model.files
    assert result["bytes_downloaded"] == to_fetch(model) + MIB


@pytest.mark.parametrize("path", [LFS, "config.json"])
def test_wrong_bytes_once_are_fetched_again(
    model: Model, here: LiveHub, importer: Importer, upstream: Proxy, path: str
) -> None:
    upstream.on(path, flip(7))
    result = importer(model.name).json
    assert files_at(here, model.name) == model.files
    assert result["bytes_downloaded"] == to_fetch(model) + len(model.files[path])


@pytest.mark.parametrize("path", [LFS, "config.json"])
def test_wrong_bytes_are_never_taken(
    model: Model, here: LiveHub, importer: Importer, upstream: Proxy, path: str
) -> None:
    upstream.on(path, flip(7), times=100)
    refused = importer(model.name)
    assert refused.code == 1
    assert f"{path}: upstream's bytes are not those it lists" in refused.err
    assert set(files_at(here, model.name)) == {".gitattributes"}
    assert info_at(here, model.name, None).status_code == 401  # hidden until it is whole


def test_busy_upstream(model: Model, here: LiveHub, importer: Importer, upstream: Proxy) -> None:
    upstream.on("/revision/", refuse(503), times=2)
    upstream.on("/tree/", refuse(429, Retry_After="1"))
    upstream.on("config", refuse(429, RateLimit='"api";r=0;t=1'))
    upstream.on(LFS, refuse(500), times=4)
    upstream.on("README", refuse(408))
    importer(model.name)
    assert files_at(here, model.name) == model.files


def test_pause_that_is_too_long_is_told(model: Model, importer: Importer, upstream: Proxy) -> None:
    upstream.on("/tree/", refuse(429, Retry_After="86400"))
    refused = importer(model.name)
    assert refused.code == 1
    assert "86400 seconds" in refused.err
    assert "Run the same command again later" in refused.err


def test_broken_upstream_is_told_and_what_came_stays(
    model: Model, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    upstream.on(LFS, cut(MIB))
    upstream.on(LFS, refuse(502), times=100)
    refused = importer(model.name)
    assert refused.code == 1
    assert LFS in refused.err
    assert "answers 502" in refused.err
    upstream.rules.clear()
    result = importer(model.name).json
    assert files_at(here, model.name) == model.files
    assert upstream.sent() == to_fetch(model) + upstream_errors(upstream)
    assert result["bytes_downloaded"] <= to_fetch(model) - MIB
    assert result["bytes_downloaded"] + result["bytes_reused"] == model.size


def upstream_errors(upstream: Proxy) -> int:
    """The bytes of the refusals."""
    return sum(seen.sent for seen in upstream.files() if seen.sent == len(b'{"error": "not now"}'))


def test_silent_upstream(model: Model, here: LiveHub, importer: Importer, upstream: Proxy) -> None:
    upstream.on(LFS, stall(MIB))
    upstream.on("/revision/", stall(5))
    importer(model.name, HEARTHUB_UPSTREAM_TIMEOUT="1")
    assert files_at(here, model.name) == model.files


def test_moved_branch_is_harmless(
    model: Model, alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    """The branch moves after its commit was learned, and again between files."""
    for pattern in ("/revision/", "/tree/", LFS):
        upstream.on(
            pattern, also(lambda: commit(alice, model.name, put("config.json"), put("new.txt")))
        )
    result = importer(model.name).json
    assert result["upstream_commit"] == model.head
    assert files_at(here, model.name) == model.files


def test_unreachable_upstream(here: LiveHub, importer: Importer, upstream: Proxy) -> None:
    with proxy_to(upstream.url) as gone:
        upstream.url = gone.url
    refused = importer("alice/x")
    assert refused.code == 1
    assert "refused" in refused.err


def test_redirects(
    model: Model, hub: LiveHub, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    """Files may lie on another host, which learns no token, nor does one it sends us on to."""
    token = hub.tokens["alice"]
    env = {"HEARTHUB_UPSTREAM": upstream.url, "HEARTHUB_UPSTREAM_TOKEN": token}
    with proxy_to(hub.url) as elsewhere:
        place = f"/{model.name}/resolve/{model.head}/{LFS}"
        upstream.on(LFS, redirect(elsewhere.url + place))
        elsewhere.on(LFS, cut(MIB))
        elsewhere.on(LFS, redirect(upstream.url + place))
        upstream.on(LFS, redirect(elsewhere.url + place))
        upstream.on("config", redirect(f"/{model.name}/resolve/{model.head}/config.json"))
        importer(model.name, **env)
        assert files_at(here, model.name) == model.files
        assert len(elsewhere.seen) == 2
        assert all("authorization" not in seen.headers for seen in elsewhere.seen)
    sent = [seen.headers.get("authorization") for seen in upstream.seen]
    assert sent.count(f"Bearer {token}") == len(sent) - 1  # all but the one that came by elsewhere
    assert sent.count(None) == 1


def test_answers_about_the_repo_come_from_its_hub(
    model: Model, hub: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    with proxy_to(hub.url) as elsewhere:
        for pattern in ("/revision/", "/tree/"):
            upstream.on(pattern, redirect(f"{elsewhere.url}/api/models/x"))
            refused = importer(model.name)
            assert (refused.code, elsewhere.url in refused.err) == (1, True)
        link = f'<{elsewhere.url}/api/models/{model.name}/tree/main>; rel="next"'
        upstream.on("/tree/", with_header("Link", link))
        refused = importer(model.name)
        assert (refused.code, elsewhere.url in refused.err) == (1, True)
        assert elsewhere.seen == []


def test_endless_redirects(model: Model, importer: Importer, upstream: Proxy) -> None:
    upstream.on(LFS, redirect(f"/{model.name}/resolve/main/{LFS}"), times=100)
    refused = importer(model.name)
    assert (refused.code, "redirects more than 5 times" in refused.err) == (1, True)
