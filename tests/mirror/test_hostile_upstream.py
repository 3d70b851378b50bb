"""Answers of an upstream that means harm, or is broken: each is refused, and nothing is kept."""

import hashlib
import json
from typing import Any

import httpx
import pytest

from calls import commit, new_repo, put
from hearthub.registry.gitformat import blob_oid
from live import LiveHub
from mirror.conftest import LFS_SIZE, Importer, Model, files_at, new_model
from mirror.proxy import (
    Fault,
    Proxy,
    redirect,
    refuse,
    rewrite,
    with_body,
    with_header,
)

pytestmark = pytest.mark.usefixtures("hasty")
LFS = "model.safetensors"
Entry = dict[str, Any]
SHA = "0" * 40


@pytest.fixture(scope="module")
def model(alice: httpx.Client) -> Model:
    return new_model(alice)


def refused_with(importer: Importer, model: Model, said: str, here: LiveHub) -> None:
    assert said in refusal(importer, model, here)


def refusal(importer: Importer, model: Model, here: LiveHub) -> str:
    """What the person is told; nothing of the import is in a commit here."""
    refused = importer(model.name)
    assert refused.code == 1
    assert "Traceback" not in refused.err
    assert refused.err.replace("\n", "").isprintable()
    with here.client("root") as client:
        if client.get(f"/api/models/{model.name}").status_code == 200:
            assert set(files_at(here, model.name)) == {".gitattributes"}
    return str(refused.err)


def info(**changes: Any) -> Fault:
    return rewrite(lambda answer: answer | changes)


def readme(**changes: Any) -> Fault:
    """The README's entry of the tree with these changes."""

    def change(entries: list[Entry]) -> list[Entry]:
        return [e | changes if e["path"] == "README.md" else e for e in entries]

    return rewrite(change)


def lfs(**changes: Any) -> Fault:
    def change(entries: list[Entry]) -> list[Entry]:
        return [e | {"lfs": e["lfs"] | changes} if e["path"] == LFS else e for e in entries]

    return rewrite(change)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (info(sha="main"), "the commit of a repo"),
        (info(sha=None), "the commit of a repo"),
        (info(sha=SHA.upper()[:-1] + "G"), "the commit of a repo"),
        (info(id="../../etc"), "the id of a repo"),
        (info(id=7), "the id of a repo"),
        (rewrite(lambda _answer: ["sha"]), "a repo cannot be"),
        (with_body(b"<html>\x1b[31mWelcome</html>"), "is not JSON"),
        (with_body(b"[" * 100_000), "is not JSON"),
        (with_body(b" " * (2**24 + 1)), "more than 16777216 bytes"),
        (with_header("Content-Encoding", "gzip"), "compressed"),
        (refuse(418, X_Error_Message="\x1b[2Jno\x07"), "answers 418"),
        (redirect("ftp://127.0.0.1/x"), "no http(s) address"),
        (redirect("http://user:word@127.0.0.1/x"), "a password"),
        (redirect("/" + "x" * 9000), "too long"),
    ],
)
def test_info(
    model: Model, here: LiveHub, importer: Importer, upstream: Proxy, fault: Fault, said: str
) -> None:
    upstream.on("/revision/", fault)
    refused_with(importer, model, said, here)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (readme(path="../README.md"), "'..'"),
        (readme(path="/etc/passwd"), "leading '/'"),
        (readme(path="a/.git/hooks/post-checkout"), ".git"),
        (readme(path="a\x1b[2Jb"), "control characters"),
        (readme(path="a" * 5000), "4096 bytes"),
        (readme(path="config.json"), "config.json twice"),
        (readme(path="config.json/README.md"), "config.json"),
        (readme(path=None), "a file cannot be"),
        (readme(type="symlink"), "a file cannot be"),
        (readme(oid="main"), "README.md"),
        (readme(oid="e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"), "README.md"),
        (readme(size=-1), "README.md"),
        (readme(size=True), "README.md"),
        (readme(size=1.5), "README.md"),
        (readme(size=0), "README.md"),
        (readme(size=2**60), "HEARTHUB_MAX_FILE"),
        (readme(size=11 * 2**20), "HEARTHUB_MAX_REGULAR_FILE"),
        (readme(size=10), "more bytes came than upstream said"),
        (readme(lfs=[1]), "README.md"),
        (readme(lfs={"size": 5}), "README.md"),
        (lfs(oid="0" * 64), f"{LFS}: upstream's bytes are not those it lists"),
        (lfs(oid="../" * 20), LFS),
        (lfs(size=LFS_SIZE + 1), LFS),
        (rewrite(lambda entries: {"files": entries}), "a list of files"),
        (rewrite(lambda entries: [1, *entries]), "a file cannot be '1'"),
        (rewrite(lambda entries: entries * 2), "twice"),
        (rewrite(lambda _entries: [{"type": "directory"}] * 500_001), "more than 500000"),
        (with_header("Link", '<ftp://127.0.0.1/>; rel="next"'), "no http(s) address"),
        (with_body(b"[" + b"{}," * 10), "is not JSON"),
        (with_body(b"0" * 2**24 + b"0"), "more than 16777216 bytes"),
    ],
)
def test_tree(
    model: Model, here: LiveHub, importer: Importer, upstream: Proxy, fault: Fault, said: str
) -> None:
    upstream.on("/tree/", fault)
    refused_with(importer, model, said, here)


def test_an_lfs_file_is_larger_than_listed(
    model: Model, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    upstream.on("/tree/", lfs(size=LFS_SIZE - 1))
    told = refusal(importer, model, here)
    # A file that an import before this one brought need not be read to see the lie.
    assert (
        "more bytes came than upstream said" in told
        or f"Upstream lists {LFS} with a size it does not have" in told
    )


def test_more_than_the_disk_holds(
    model: Model, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    upstream.on("/tree/", lfs(size=2**60))
    refused = importer(model.name, HEARTHUB_MAX_FILE=str(2**61))
    assert (refused.code, "make room" in refused.err) == (1, True)
    assert upstream.files() == []


def test_pages_without_end(
    model: Model, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    again = f'<{upstream.url}/api/models/{model.name}/tree/main>; rel="next"'
    upstream.on("/tree/", with_header("Link", again), times=1)
    refused_with(importer, model, "twice", here)
    upstream.on("/tree/", lambda answer: with_header("Link", again)(with_body(b"[]")(answer)))
    refused_with(importer, model, "empty page", here)


def test_large_headers(model: Model, here: LiveHub, importer: Importer, upstream: Proxy) -> None:
    upstream.on("/revision/", with_header("X-Large", "x" * 2**20), times=9)
    refused_with(importer, model, "/revision/main", here)


def test_pointer_to_bytes_of_another_repo(
    alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    """Knowing a sha256 is not having the bytes: a pointer written as text opens nothing."""
    with here.client("alice") as client:
        secret = new_model(client, private=True)
    digest = hashlib.sha256(secret.files[LFS]).hexdigest()
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {LFS_SIZE}\n"
    forged = {"oid": blob_oid(text.encode()), "size": len(text)}
    name = new_repo(alice)
    commit(alice, name, put("README.md"))
    upstream.on("/tree/", readme(**forged))
    upstream.on("/resolve/", with_body(text.encode()))
    refused = importer(name)
    assert (refused.code, "was not uploaded to this repo" in refused.err) == (1, True)


def test_bytes_of_another_repo_are_fetched_all_the_same(
    alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    """The hub has them already, but this repo has not proved it."""
    model = new_model(alice)
    importer(model.name, "--as", f"{model.name}-first")
    assert importer(model.name).json["bytes_downloaded"] > LFS_SIZE


def test_gate_that_is_no_word_is_a_gate(
    alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    for changes, word in (
        ({"gated": "yes, please"}, "gated"),
        ({"private": None}, "private"),
        ({"private": "no"}, "private"),
    ):
        name = new_repo(alice)
        upstream.on("/revision/", info(**changes))
        assert importer(name).json[word]


def test_token_that_is_none(importer: Importer, hub: LiveHub, upstream: Proxy) -> None:
    env = {"HEARTHUB_UPSTREAM": upstream.url, "HEARTHUB_UPSTREAM_TOKEN": "hf_x\r\nX-Evil: 1"}
    refused = importer("alice/x", **env)
    assert (refused.code, "hf_x" in refused.err) == (1, False)
    assert upstream.seen == []
    env["HEARTHUB_UPSTREAM_TOKEN"] = "hf_wrong"
    refused = importer("alice/x", **env)
    assert (refused.code, "Invalid credentials" in refused.err) == (1, True)
    assert "another token" in refused.err


def test_a_token_that_upstream_repeats(importer: Importer, upstream: Proxy) -> None:
    """As some do that refuse it, or a proxy before them; in any part of their words."""
    env = {"HEARTHUB_UPSTREAM": upstream.url, "HEARTHUB_UPSTREAM_TOKEN": "hf_secret" * 9}
    words = "x" * 280 + env["HEARTHUB_UPSTREAM_TOKEN"]
    for headers in ({"x_error_message": words}, {}):
        body = json.dumps({"error": f"Authorization: Bearer {words}"}).encode()
        upstream.on("/revision/", lambda _, h=headers, b=body: with_body(b)(refuse(403, **h)(_)))
        refused = importer("alice/x", **env)
        assert refused.code == 1
        assert "xxx" in refused.err
        assert "hf_s" not in refused.err


def test_no_proxy_reads_what_goes_to_this_machine(
    alice: httpx.Client, importer: Importer, upstream: Proxy
) -> None:
    model = new_model(alice)
    env = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    done = importer(model.name, "--include", "*.json", HEARTHUB_UPSTREAM=upstream.url, **env)
    assert done.code == 0, done.err


def test_token_belongs_to_one_hub(
    model: Model, hub: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    """That of the settings never goes to a hub that --from names, unless it is the same."""
    env = {"HEARTHUB_UPSTREAM": hub.url, "HEARTHUB_UPSTREAM_TOKEN": hub.tokens["alice"]}
    done = importer(model.name, "--include", "*.json", **env)
    assert done.code == 0
    assert f"belongs to {hub.url}" in done.err
    assert all("authorization" not in seen.headers for seen in upstream.seen)
