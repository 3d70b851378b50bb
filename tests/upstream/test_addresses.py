"""Which addresses are followed, and which own a token."""

import pytest

from hearthub.errors import BadRequest, UpstreamFailed
from hearthub.upstream.addresses import Endpoint, follow, short


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://huggingface.co", "https://huggingface.co"),
        ("https://Hub.Example.org/", "https://hub.example.org"),
        ("http://127.0.0.1:7979", "http://127.0.0.1:7979"),
        ("http://example.org:80", "http://example.org"),
        ("http://[::1]:7979/", "http://[::1]:7979"),
        (" https://example.org/hub/ ", "https://example.org/hub"),
    ],
)
def test_endpoints(text: str, url: str) -> None:
    assert Endpoint.parse(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "huggingface.co",
        "ftp://example.org",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@example.org",
        "https://secret@example.org",
        "https://example.org:secret",
        "https://example.org/?x=secret",
        "https://example.org/#secret",
        "https://ex\u00e4mple.org",
    ],
)
def test_no_endpoints(text: str) -> None:
    with pytest.raises(BadRequest) as error:
        Endpoint.parse(text)
    assert "user" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("https://example.org/a", True),
        ("https://example.org:443/a", True),
        ("https://EXAMPLE.org/a", True),
        ("http://example.org/a", False),
        ("https://example.org:8443/a", False),
        ("https://cdn.example.org/a", False),
        ("https://example.org.evil.net/a", False),
    ],
)
def test_what_a_token_may_be_sent_to(url: str, is_own: bool) -> None:
    assert Endpoint("https://example.org").owns(url) is is_own


def test_addresses_of_a_repo() -> None:
    hub = Endpoint("https://example.org/hub")
    assert hub.info("model", "a/b", "refs/pr/1").endswith(
        "/hub/api/models/a/b/revision/refs%2Fpr%2F1"
    )
    assert hub.file("dataset", "a/b", "0" * 40, "x y/#1.csv").endswith(
        f"/hub/datasets/a/b/resolve/{'0' * 40}/x%20y/%231.csv"
    )
    assert hub.file("model", "a/b", "0" * 40, "c").startswith("https://example.org/hub/a/b/")


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x?y=1", "https://example.org/x?y=1"),
        ("//cdn.example.net/x", "https://cdn.example.net/x"),
        ("https://cdn.example.net/x?signature=a%20b", "https://cdn.example.net/x?signature=a%20b"),
    ],
)
def test_redirects_that_are_followed(location: str, target: str) -> None:
    assert follow("https://example.org/a/b", location) == target


@pytest.mark.parametrize(
    "location",
    [
        "http://example.org/x",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "https://a:b@example.org/",
        "https://example.org:x/",
        "https://[::1/",
        "/a b\x07",
    ],
)
def test_redirects_that_are_not(location: str) -> None:
    with pytest.raises(UpstreamFailed):
        follow("https://example.org/a/b", location)


def test_signatures_are_not_shown() -> None:
    assert short("https://example.org/x?signature=secret") == "https://example.org/x"


def test_who_hears_a_token() -> None:
    assert Endpoint("http://example.org").is_readable_by_others
    assert not Endpoint("https://example.org").is_readable_by_others
    assert not Endpoint("http://127.0.0.1:1").is_readable_by_others
