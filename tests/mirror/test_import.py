"""From one hub to another, as long as nothing goes wrong."""

import hashlib
import json
import time

import httpx
import pytest

from calls import commit, delete, head, new_repo, put, unique
from hearthub.app import open_hub
from hearthub.registry.gitformat import blob_oid
from hearthub.settings import Settings
from hearthub.storage.damage import FRESH_S
from live import LiveHub
from mirror.conftest import (
    LFS_SIZE,
    XET_SIZE,
    Importer,
    files_at,
    info_at,
    new_model,
    parts_of,
    run_import,
)
from mirror.proxy import Proxy, redirect


def test_model_with_large_files(
    alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    model = new_model(alice)
    result = importer(model.name).json
    assert files_at(here, model.name) == model.files
    assert result == {
        "id": model.name,
        "type": "model",
        "commit": info_at(here, model.name).json()["sha"],
        "origin": upstream.url,
        "upstream_id": model.name,
        "upstream_commit": model.head,
        "license": "mit",
        "gated": False,
        "private": False,
        "files": len(model.files),
        "bytes_downloaded": model.size - len(model.files[".gitattributes"]),  # both hubs' default
        "bytes_reused": len(model.files[".gitattributes"]),
        "changed": True,
    }
    with here.client() as stranger:  # it is public, and says where it came from
        newest = stranger.get(f"/api/models/{model.name}/commits/main").json()[0]
        assert stranger.get(f"/{model.name}/resolve/main/model.safetensors").status_code == 200
        origin = stranger.get(f"/api/models/{model.name}").json()["origin"]
    assert newest["title"] == f"Import {model.name} at {model.head[:12]}"
    assert upstream.url in newest["message"]
    assert (origin["id"], origin["commit"], origin["license"]) == (model.name, model.head, "mit")
    assert parts_of(here, model.name) == []


def test_tree_is_the_same_tree(
    alice: httpx.Client, hub: LiveHub, here: LiveHub, importer: Importer
) -> None:
    """Git's ids agree, down to files and folders that only one of the hubs would have made."""
    model = new_model(alice)
    commit(alice, model.name, delete(".gitattributes"))
    assert importer(model.name).code == 0
    trees = []
    for home in (hub, here):
        with home.client("root") as client:
            listed = client.get(f"/api/models/{model.name}/tree/main?recursive=true").json()
        trees.append({item["path"]: item["oid"] for item in listed})
    assert trees[0] == trees[1]


def test_unchanged_is_a_no_op(
    alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    model = new_model(alice)
    first = importer(model.name).json
    upstream.seen.clear()
    second = importer(model.name).json
    assert [seen.path.partition("?")[0] for seen in upstream.seen] == [
        f"/api/models/{model.name}/revision/main"
    ]
    assert (second["changed"], second["commit"]) == (False, first["commit"])
    assert (second["bytes_downloaded"], second["bytes_reused"]) == (0, model.size)
    assert second["files"] == first["files"] == len(model.files)
    said = run_import(here, model.name, "--from", upstream.url)
    assert said.code == 0
    assert "up to date" in said.out


def test_a_damaged_large_file_is_fetched_again(
    alice: httpx.Client, here: LiveHub, importer: Importer
) -> None:
    model = new_model(alice)
    first = importer(model.name).json
    data = model.files["model.safetensors"]
    key = f"lfs/{hashlib.sha256(data).hexdigest()}"
    with open_hub(Settings(data=here.data)) as hub:
        hub.storage.damage.record(key, "a test says so")
        second = importer(model.name).json
        assert second["bytes_downloaded"] == len(data)
        assert second["commit"] == first["commit"]
        assert key not in {record.key for record in hub.storage.damage.records()}
    time.sleep(FRESH_S + 0.2)  # a hub that runs has heard of it by then
    assert files_at(here, model.name) == model.files


def test_only_what_changed_is_fetched(
    alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    model = new_model(alice)
    before = importer(model.name).json
    new = json.dumps({"new": 1}).encode()
    moved = model.files.pop("config.json")
    model.files |= {"moved/config.json": moved, "new.json": new, "README.md": b"# Other\n"}
    changes = [
        put(path, model.files[path]) for path in ("moved/config.json", "new.json", "README.md")
    ]
    model.head = commit(alice, model.name, *changes, delete("config.json"))
    upstream.seen.clear()
    after = importer(model.name).json
    fetched = sorted(seen.path.rpartition("/")[2] for seen in upstream.files())
    assert fetched == ["README.md", "new.json"]
    assert after["bytes_downloaded"] == len(new) + len(b"# Other\n") == upstream.sent()
    assert (after["changed"], after["upstream_commit"]) == (True, model.head)
    assert after["license"] is None
    assert files_at(here, model.name) == model.files
    with here.client("root") as client:
        history = client.get(f"/api/models/{model.name}/commits/main").json()
    assert [entry["id"] for entry in history[:2]] == [after["commit"], before["commit"]]


def test_revision_and_another_name(alice: httpx.Client, here: LiveHub, importer: Importer) -> None:
    model = new_model(alice)
    commit(alice, model.name, put("later.txt"))
    name = f"bob/{unique('copy')}"
    result = importer(f"{model.name}@{model.head[:10]}", "--as", name, "--user", "bob").json
    assert (result["id"], result["upstream_commit"]) == (name, model.head)
    assert files_at(here, name) == model.files
    assert info_at(here, model.name).status_code == 404


def test_dataset(alice: httpx.Client, here: LiveHub, importer: Importer) -> None:
    name = new_repo(alice, type="dataset")
    commit(alice, name, put("data.csv", b"a,b\n"), kind="datasets")
    assert importer(name).code == 1  # it is no model
    result = importer(name, "--type", "dataset").json
    assert (result["type"], result["id"]) == ("dataset", name)
    assert files_at(here, name, "datasets")["data.csv"] == b"a,b\n"


def test_space_keeps_its_sdk_and_its_closed_files(
    alice: httpx.Client, here: LiveHub, importer: Importer, hub: LiveHub, upstream: Proxy
) -> None:
    name = new_repo(alice, type="space", sdk="gradio", visibility="protected")
    commit(alice, name, put("app.py", b"1\n"), kind="spaces")
    env = {"HEARTHUB_UPSTREAM": upstream.url, "HEARTHUB_UPSTREAM_TOKEN": hub.tokens["alice"]}
    assert importer(name, "--type", "space", **env).code == 0
    with here.client() as stranger:
        info = stranger.get(f"/api/spaces/{name}").json()
        assert (info["sdk"], info["visibility"]) == ("gradio", "protected")
        assert stranger.get(f"/spaces/{name}/resolve/main/app.py").status_code == 401


def test_include(alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy) -> None:
    model = new_model(alice)
    words = ("--include", "*.json", "--include", "xet/")
    result = importer(model.name, *words).json
    assert (result["files"], upstream.sent()) == (2, XET_SIZE + len(model.files["config.json"]))
    chosen = {"config.json", "xet/weights.bin"}
    assert set(files_at(here, model.name)) == chosen | {".gitattributes"}
    # What upstream deletes stays while the import is narrowed; without, all comes, once.
    commit(alice, model.name, delete("config.json"))
    importer(model.name, *words)
    assert "config.json" in files_at(here, model.name)
    upstream.seen.clear()
    importer(model.name)
    del model.files["config.json"]
    assert files_at(here, model.name) == model.files
    assert not any("weights.bin" in seen.path for seen in upstream.files())
    nothing = importer(model.name, "--include", "*.gguf")
    assert (nothing.code, "--include *.gguf" in nothing.err) == (1, True)


def test_what_nothing_fits_leaves_nothing_behind(
    alice: httpx.Client, here: LiveHub, importer: Importer
) -> None:
    name = new_repo(alice)
    assert importer(name, "--include", "*.gguf", "--as", "acme/typo").code == 1
    with here.client("root") as root:
        assert root.get("/api/models/acme/typo").status_code == 404


def test_many_pages_of_files(alice: httpx.Client, here: LiveHub, importer: Importer) -> None:
    name = new_repo(alice)
    files = {f"{n % 7}/{n}.txt": b"same" for n in range(2100)}
    commit(alice, name, *(put(path, content) for path, content in files.items()))
    result = importer(name).json
    assert result["files"] == 2101
    assert result["bytes_downloaded"] == len(b"same")  # one content, fetched once
    assert files_at(here, name).keys() == files.keys() | {".gitattributes"}


def test_namespace_of_upstream_is_made_and_of_words_is_not(
    hub: LiveHub, here: LiveHub, importer: Importer
) -> None:
    with hub.client("root") as client:
        name = new_repo(client)  # there is a root here too
    org = unique("guild")
    refused = importer(name, "--as", f"{org}/x")
    assert refused.code == 1
    assert f"hearthub org add {org}" in refused.err


def test_closed_upstream_is_closed_here(
    alice: httpx.Client, hub: LiveHub, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    token = {"HEARTHUB_UPSTREAM": upstream.url, "HEARTHUB_UPSTREAM_TOKEN": hub.tokens["alice"]}
    gated, private = new_model(alice).name, new_model(alice, private=True).name
    alice.put(f"/api/models/{gated}/settings", json={"gated": "manual"}).raise_for_status()
    for name, word in ((gated, "gated"), (private, "private")):
        refused = importer(name)
        assert (refused.code, word in refused.err) == (1, True)
        assert "HEARTHUB_UPSTREAM_TOKEN" in refused.err
        assert importer(name, **token).json[word]
    with here.client() as stranger:
        assert stranger.get(f"/api/models/{gated}").json()["gated"] == "manual"
        answer = stranger.get(f"/{gated}/resolve/main/README.md")
        assert answer.headers["X-Error-Code"] == "GatedRepo"
        assert stranger.get(f"/api/models/{private}").status_code == 401


def test_what_closes_later_closes_here_and_nothing_opens(
    alice: httpx.Client, hub: LiveHub, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    token = {"HEARTHUB_UPSTREAM": upstream.url, "HEARTHUB_UPSTREAM_TOKEN": hub.tokens["alice"]}
    name = new_model(alice).name
    importer(name)
    settings = f"/api/models/{name}/settings"
    alice.put(settings, json={"gated": "auto", "private": True}).raise_for_status()
    unchanged = importer(name, **token).json
    assert (unchanged["changed"], unchanged["gated"], unchanged["private"]) == (False, "auto", True)
    alice.put(settings, json={"gated": False, "private": False}).raise_for_status()
    still = importer(name, **token).json
    assert (still["gated"], still["private"]) == ("auto", True)
    with here.client("root") as root:  # what the owner opened stays open
        root.put(settings, json={"private": False}).raise_for_status()
    assert importer(name, **token).json["private"] is False


def test_nothing_of_anybody_is_overwritten(
    alice: httpx.Client, here: LiveHub, importer: Importer
) -> None:
    model = new_model(alice)
    with here.client("alice") as client:
        mine = new_repo(client)
        commit(client, mine, put("mine.txt"))
        refused = importer(model.name, "--as", mine)
        assert (refused.code, "not imported" in refused.err) == (1, True)
        assert "--as" in refused.err

        importer(model.name)
        own = commit(client, model.name, put("own.txt"))
        commit(alice, model.name, put("theirs.txt"))
        refused = importer(model.name)
        assert (refused.code, own[:12] in refused.err) == (1, True)
        assert head(client, model.name) == own

        other = new_model(alice)
        refused = importer(other.name, "--as", model.name)
        assert (refused.code, f"a copy of {model.name}" in refused.err) == (1, True)


def test_empty_repo_may_become_a_copy(
    alice: httpx.Client, here: LiveHub, importer: Importer
) -> None:
    model = new_model(alice)
    with here.client("alice") as client:
        name = new_repo(client, private=True)
    result = importer(model.name, "--as", name).json
    assert files_at(here, name) == model.files
    assert result["private"]  # as its owner made it


def test_only_those_who_may_write_import(
    alice: httpx.Client, here: LiveHub, importer: Importer
) -> None:
    model = new_model(alice)
    refused = importer(model.name, "--user", "charlie")
    assert refused.code == 1
    assert "namespace alice" in refused.err
    importer(model.name)
    commit(alice, model.name, put("more.txt"))
    refused = importer(model.name, "--user", "charlie")
    assert refused.code == 1
    assert "no admin access" in refused.err
    assert "more.txt" not in files_at(here, model.name)


def test_renamed_upstream(alice: httpx.Client, here: LiveHub, importer: Importer) -> None:
    """The old name leads to the new one there; here the copy keeps the name it was asked by."""
    model = new_model(alice)
    importer(model.name)
    renamed = f"alice/{unique('renamed')}"
    body = {"fromRepo": model.name, "toRepo": renamed, "type": "model"}
    alice.post("/api/repos/move", json=body).raise_for_status()
    commit(alice, renamed, put("more.txt", b"more\n"))
    result = importer(model.name).json
    assert (result["id"], result["upstream_id"]) == (model.name, renamed)
    assert files_at(here, model.name) == model.files | {"more.txt": b"more\n"}


def test_short_name_that_upstream_completes(
    alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    """The Hub has names without a namespace, and redirects them. It may not choose another."""
    model, other = new_model(alice), new_model(alice)
    short = model.name.partition("/")[2]
    asked = f"/api/models/{short}/"
    upstream.on(asked, redirect(f"/api/models/{model.name}/revision/main"))
    assert importer(short).json["id"] == model.name
    assert files_at(here, model.name) == model.files
    upstream.on(asked, redirect(f"/api/models/{other.name}/revision/main"))
    refused = importer(short)
    assert (refused.code, "--as" in refused.err) == (1, True)
    assert info_at(here, other.name).status_code == 404


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody/nothing",), "shows no such repo"),
        (("alice/..",), "repo"),
        (("a/b/c",), "repo"),
        (("alice/x", "--as", "one-segment"), "namespace/name"),
        (("alice/x@no-such-branch",), "no such re"),
        (("alice/x", "--user", "nobody"), "nobody"),
    ],
)
def test_malformed_words(importer: Importer, words: tuple[str, ...], said: str) -> None:
    refused = importer(*words)
    assert refused.code == 1
    assert said in refused.err
    assert "Traceback" not in refused.err


def test_blob_ids_are_gits() -> None:
    assert blob_oid(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert LFS_SIZE > XET_SIZE
