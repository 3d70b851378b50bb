"""Each kind of stored thing, damaged in each way: named with repo and path, refused, healed."""

import base64
import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.errors import Damaged
from hearthub.registry import CheckReport, FileOffer, Sample
from hearthub.settings import Settings
from hearthub.storage.damage import FRESH_S
from keeping.world import BIG, World, pointer_to
from live import LiveHub, live_hub
from storage.xet_writer import pack_file, whole_file

DATA = {name: os.urandom(200_000) for name in ("lfs.bin", "xet.bin", "deep/large.txt")}
DATA["deep/small.txt"] = b"a small file\n" * 100


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


WAYS: dict[str, Callable[[Path], None]] = {
    "flip": flip,
    "truncate": truncate,
    "delete": Path.unlink,
}


class Api:
    """alice's client of a running hub with a repo that has each kind of file."""

    def __init__(self, hub: LiveHub, repo: str) -> None:
        self.hub, self.repo = hub, repo
        self.client = hub.client("alice")
        organization, name = repo.split("/")
        body = {"name": name, "organization": organization}
        self.client.post("/api/repos/create", json=body).raise_for_status()

    def fill(self) -> None:
        self.send_lfs(DATA["lfs.bin"])
        self.send_xet(DATA["xet.bin"])
        self.commit(
            *(lfs_line(path) for path in ("lfs.bin", "xet.bin")),
            *(inline_line(path) for path in ("deep/large.txt", "deep/small.txt")),
        )

    def send_lfs(self, data: bytes) -> bool:
        oid = hashlib.sha256(data).hexdigest()
        body = {
            "operation": "upload",
            "transfers": ["basic"],
            "objects": [{"oid": oid, "size": len(data)}],
        }
        answer = self.client.post(f"/{self.repo}.git/info/lfs/objects/batch", json=body).json()
        actions = answer["objects"][0].get("actions")
        if actions:
            self.client.put(actions["upload"]["href"], content=data).raise_for_status()
        return actions is not None

    def send_xet(self, data: bytes) -> None:
        xorbs = pack_file(data, 20_000, (0,))
        token = self.client.get(f"/api/models/{self.repo}/xet-write-token/main").json()
        headers = {"Authorization": f"Bearer {token['accessToken']}"}
        for xorb in xorbs:
            grant = f"{token['casUrl']}/v1/xorb-grants/default/{xorb.hash}"
            if self.client.post(grant, headers=headers).status_code == 200:
                continue
            url = f"{token['casUrl']}/v1/xorbs/default/{xorb.hash}"
            self.client.post(url, content=xorb.body, headers=headers).raise_for_status()
        shard = whole_file(xorbs).encode()
        url = f"{token['casUrl']}/v1/shards"
        self.client.post(url, content=shard, headers=headers).raise_for_status()

    def reconstruction(self, data: bytes) -> httpx.Response:
        head = self.client.head(f"/{self.repo}/resolve/main/xet.bin")
        token = self.client.get(f"/api/models/{self.repo}/xet-read-token/main").json()
        headers = {"Authorization": f"Bearer {token['accessToken']}"}
        file = head.headers.get("X-Xet-Hash") or xet_hash(data)
        return self.client.get(f"{token['casUrl']}/v1/reconstructions/{file}", headers=headers)

    def commit(self, *lines: dict) -> None:
        header = {"key": "header", "value": {"summary": "files"}}
        body = b"".join(json.dumps(line).encode() + b"\n" for line in (header, *lines))
        url = f"/api/models/{self.repo}/commit/main"
        self.client.post(url, content=body).raise_for_status()

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"/{self.repo}/resolve/main/{path}")


def xet_hash(data: bytes) -> str:
    from hearthub.storage.xet.hashes import to_text

    return to_text(whole_file(pack_file(data, 20_000, (0,))).files[0].hash)


def lfs_line(path: str) -> dict:
    operation = pointer_to(path, DATA[path])
    value = {"path": path, "algo": "sha256", "oid": operation.sha256, "size": operation.size}
    return {"key": "lfsFile", "value": value}


def inline_line(path: str) -> dict:
    content = base64.b64encode(DATA[path]).decode()
    return {"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with live_hub(tmp_path_factory.mktemp("hub")) as hub:
        api = Api(hub, "alice/ink")
        api.fill()
        yield api
        api.client.close()


def fsck(hub: LiveHub, *words: str, expected: int) -> dict:
    """As an administrator runs it, beside the running hub."""
    command = [sys.executable, "-m", "hearthub", "fsck", "--json", "--data", str(hub.data)]
    done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == expected, (done.stdout, done.stderr)
    return json.loads(done.stdout)


def let_the_hub_read_the_list() -> None:
    import time

    time.sleep(FRESH_S + 0.2)


def stored(hub: LiveHub, kind: str) -> Path:
    [path] = [path for path in (hub.data / kind).rglob("*") if path.is_file()]
    return path


HEAL: dict[str, tuple[str, str, Callable[[Api], object]]] = {
    "lfs": ("lfs", "lfs.bin", lambda api: api.send_lfs(DATA["lfs.bin"])),
    "xorb": ("xorbs", "xet.bin", lambda api: api.send_xet(DATA["xet.bin"])),
    "git blob": ("git", "deep/large.txt", lambda api: api.commit(inline_line("deep/large.txt"))),
}


@pytest.mark.parametrize("kind", HEAL)
def test_damaged_bytes_are_named_refused_and_healed(api: Api, kind: str) -> None:
    folder, path, heal = HEAL[kind]
    flip(stored(api.hub, folder))
    [finding] = fsck(api.hub, expected=1)["findings"]
    assert finding["key"].startswith(folder)
    assert {"repo": "model alice/ink", "ref": "refs/heads/main", "path": path} in finding["hits"]
    assert finding["advice"]
    let_the_hub_read_the_list()
    answer = api.get(path)
    assert answer.status_code == 503
    assert answer.headers["X-Error-Code"] == "Damaged"
    assert "fsck" in answer.headers["X-Error-Message"]
    if kind == "xorb":
        assert api.reconstruction(DATA[path]).status_code == 503
    assert api.client.head(f"/alice/ink/resolve/main/{path}").status_code == 503
    assert api.client.head(f"/alice/ink/raw/main/{path}").status_code == 503
    for other in DATA.keys() - {path}:
        assert api.get(other).content == DATA[other]
    heal(api)
    assert api.get(path).content == DATA[path]
    assert fsck(api.hub, expected=0)["findings"] == []


@pytest.mark.parametrize(
    ("kind", "way"), [("lfs", "truncate"), ("git blob", "delete"), ("xorb", "truncate")]
)
def test_damage_that_shows_is_refused_before_any_check(api: Api, kind: str, way: str) -> None:
    """No byte of a cut file is sent, nor a status that says it is fine; sending it again heals."""
    folder, path, heal = HEAL[kind]
    place = stored(api.hub, folder)
    WAYS[way](place)
    if kind == "xorb":  # found when its bytes are asked for: one that is whole costs no look
        with pytest.raises(httpx.TransportError):
            api.get(path)
        fsck(api.hub, expected=1)
        let_the_hub_read_the_list()
    else:
        assert api.get(path).status_code == 503
    heal(api)
    assert api.get(path).content == DATA[path]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["lfs", "xorbs", "git"])
def test_each_kind_of_damage(world: World, kind: str, way: str) -> None:
    world.upload_lfs("ink", DATA["lfs.bin"])
    world.upload_xet("ink", DATA["xet.bin"], ask=True)
    for path in ("lfs.bin", "xet.bin"):
        world.point("ink", "main", path, DATA[path])
    world.put("ink", "main", "large", DATA["deep/large.txt"])
    [key] = world.keys(f"{kind}/")
    place = world.hub.storage._blobs.locate(key)
    assert place is not None
    WAYS[way](place)
    report = check(world.hub)
    path = {"lfs": "lfs.bin", "xorbs": "xet.bin", "git": "large"}[kind]
    assert [finding.key for finding in report.findings] == [key]
    assert paths(report, key) == {("refs/heads/main", path)}
    with pytest.raises(Damaged):
        world.check_files()
    assert world.keys(f"{kind}/") == ({key} if way != "delete" else set())
    world.upload_lfs("ink", DATA["lfs.bin"])
    world.upload_xet("ink", DATA["xet.bin"], ask=True)
    world.put("ink", "main", "large", DATA["deep/large.txt"])
    world.check_files()
    assert check(world.hub, deep=True).findings == []


# -- the tables, without a server --


def check(hub: Hub, sample: Sample = Sample(), *, deep: bool = False) -> CheckReport:  # noqa: B008
    return hub.registry.check(sample, deep=deep)


@pytest.fixture
def filled(world: World) -> World:
    world.upload_xet("ink", DATA["xet.bin"], ask=True)
    world.point("ink", "main", "xet.bin", DATA["xet.bin"])
    world.put("ink", "main", "deep/small.txt", DATA["deep/small.txt"])
    assert check(world.hub, deep=True).findings == []
    return world


def paths(report: CheckReport, start: str) -> set[tuple[str | None, str | None]]:
    return {
        (hit.ref, hit.path)
        for finding in report.findings
        if finding.key.startswith(start)
        for hit in finding.hits
    }


@pytest.mark.parametrize("way", ["other", "broken", "gone"])
def test_a_small_file_in_a_row(filled: World, way: str) -> None:
    from hearthub.registry.gitformat import Kind, oid_of
    from hearthub.registry.objects import deflate

    data = DATA["deep/small.txt"]
    oid = bytes.fromhex(oid_of(Kind.BLOB, data))
    changed = {"other": deflate(data[:-1] + b"x"), "broken": b"\0" + deflate(data)[1:]}
    if way == "gone":
        filled.hub.objects_db.execute("delete from obj where oid = :oid", oid=oid)
    else:
        sql = "update obj set z = :z where oid = :oid"
        filled.hub.objects_db.execute(sql, z=changed[way], oid=oid)
    report = check(filled.hub)
    assert paths(report, "git/") == {("refs/heads/main", "deep/small.txt")}
    with pytest.raises(Exception, match=r"damaged|missing"):
        filled.check_files()
    filled.put("ink", "main", "deep/small.txt", data)
    filled.hub.registry._files.forget()
    filled.check_files()
    assert check(filled.hub).findings == []


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_damaged_file_hides_none_of_its_folder(world: World, *, is_listed: bool) -> None:
    """Small ones are read by lists: they may be pointers. The damaged one is still refused."""
    for path in ("a.txt", "b.txt"):
        world.put("ink", "main", path, path.encode() * 10)
    repo, registry = world.repo("ink"), world.hub.registry
    head = registry.head(repo)
    oid = {it.path: it.oid for it in registry.tree(repo, head)}["a.txt"]
    sql = "update obj set z = :z where oid = :oid"
    world.hub.objects_db.execute(sql, z=b"no stream", oid=bytes.fromhex(oid))
    registry._files.forget()
    if is_listed:
        assert paths(check(world.hub), "git/") == {("refs/heads/main", "a.txt")}
    assert {"a.txt": 50, "b.txt": 50}.items() <= {
        it.path: it.size for it in registry.tree(repo, head)
    }.items()
    alice = world.actor
    with pytest.raises(Damaged):
        registry.resolve(alice, "model", repo.full_name, "main", "a.txt")
    assert registry.resolve(alice, "model", repo.full_name, "main", "b.txt")
    world.put("ink", "main", "c.txt", b"commits go on")


def test_a_folder_and_a_commit(filled: World) -> None:
    repo = filled.repo("ink")
    head = filled.hub.registry.head(repo)
    [folder] = [it for it in filled.hub.registry.tree(repo, head) if it.is_folder]
    delete = "delete from obj where oid = :oid"
    filled.hub.objects_db.execute(delete, oid=bytes.fromhex(folder.oid))
    assert paths(check(filled.hub), f"git/{repo.id}/{folder.oid}") == {("refs/heads/main", "deep")}
    parent = filled.hub.registry.commit_at(repo, head).parents[0]
    filled.hub.objects_db.execute(delete, oid=bytes.fromhex(parent))
    assert paths(check(filled.hub), f"git/{repo.id}/{parent}") == {("refs/heads/main", None)}
    filled.hub.objects_db.execute(delete, oid=bytes.fromhex(head))
    assert paths(check(filled.hub), f"git/{repo.id}/{head}") == {("refs/heads/main", "")}


@pytest.mark.parametrize("way", ["terms", "no terms", "no meta"])
def test_what_files_of_chunks_are_made_of(filled: World, way: str) -> None:
    db = filled.hub.db
    if way == "terms":
        terms = db.value("select terms from xet_file")
        db.execute("update xet_file set terms = :t", t=bytes(terms[:-4]) + b"\xff\0\0\0")
    elif way == "no terms":
        db.execute("delete from xet_file")
    else:
        db.execute("delete from xet_file_xorb")
        db.execute("delete from xorb")
    filled.hub.storage._cas.forget()
    report = check(filled.hub)
    assert paths(report, "xet/") == {("refs/heads/main", "xet.bin")}
    with pytest.raises(Exception, match="damaged"):
        filled.check_files()
    filled.upload_xet("ink", DATA["xet.bin"], ask=True)
    filled.check_files()
    assert check(filled.hub, deep=True).findings == []


def test_a_claim_that_is_lost(filled: World) -> None:
    filled.hub.db.execute("delete from lfs_object")
    assert paths(check(filled.hub), "lfs/") == {("refs/heads/main", "xet.bin")}


def test_deep_finds_terms_of_another_file(filled: World) -> None:
    filled.hub.db.execute("update xet_file set sha256 = :other", other="0" * 64)
    assert check(filled.hub).findings == []
    assert paths(check(filled.hub, deep=True), "xet/") == {("refs/heads/main", "xet.bin")}


def test_a_sample_is_as_large_as_it_says(filled: World) -> None:
    everything = check(filled.hub).checked
    assert check(filled.hub, Sample(count=3)).checked == 3
    assert check(filled.hub, Sample(count=10**6)).checked == everything
    assert check(filled.hub, Sample(share=1.0)).checked == everything
    assert check(filled.hub, Sample(share=0.0)).checked == 0
    [xorb] = filled.keys("xorbs/")
    filled.hub.storage.damage.record(xorb, "found earlier")
    report = check(filled.hub, Sample(share=0.0))
    assert (report.checked, report.repaired) == (1, [xorb])


def test_a_xorb_packed_in_another_way_heals(filled: World) -> None:
    """The same chunks, compressed: the new bytes are read by a new description."""
    [key] = filled.keys("xorbs/")
    filled.hub.storage.damage.record(key, "a test says so")
    filled.upload_xet("ink", DATA["xet.bin"], ask=True, scheme=1)
    filled.check_files()
    assert check(filled.hub, deep=True).findings == []


def test_a_file_sent_in_other_xorbs_heals(filled: World) -> None:
    [key] = filled.keys("xorbs/")
    filled.hub.storage.damage.record(key, "a test says so")
    xorbs = pack_file(DATA["xet.bin"], 3000)
    chunks = xorbs[0].chunks
    halves = [
        dataclasses.replace(xorbs[0], chunks=chunks[:9]),
        dataclasses.replace(xorbs[0], chunks=chunks[9:]),
    ]
    for xorb in halves:
        filled.upload_xorb("ink", xorb, ask=True)
    with filled.hub.storage.spool(filled.hub.storage.max_shard) as spool:
        spool.write(whole_file(halves).encode())
        filled.hub.storage.register_shard(filled.repo("ink").id, spool)
    filled.check_files()


def test_the_same_file_sent_whole_heals(filled: World) -> None:
    """git-lfs, curl and imports know nothing of chunks."""
    [key] = filled.keys("xorbs/")
    place = filled.hub.storage._blobs.locate(key)
    assert place is not None
    flip(place)
    assert check(filled.hub).findings != []
    with pytest.raises(Damaged):
        filled.check_files()
    filled.upload_lfs("ink", DATA["xet.bin"])
    filled.check_files()
    [entry] = filled.hub.registry.paths(
        filled.repo("ink"), filled.hub.registry.head(filled.repo("ink")), ["xet.bin"]
    )
    assert entry.xet_hash is None
    filled.upload_xet("ink", DATA["xet.bin"], ask=True)
    filled.check_files()
    assert check(filled.hub, deep=True).findings == []


def test_what_could_not_be_checked_stays_refused(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [key] = filled.keys("xorbs/")
    place = filled.hub.storage._blobs.locate(key)
    assert place is not None
    flip(place)
    check(filled.hub)
    monkeypatch.setattr("hearthub.storage.checks.TIMEOUT_S", 0.0)
    report = check(filled.hub)
    assert report.unchecked == [key]
    assert report.repaired == []
    assert "could not be checked" in report.notes[0]
    with pytest.raises(Damaged):
        filled.check_files()


def test_a_repair_during_the_check_is_not_undone(filled: World) -> None:
    filled.upload_lfs("ink", DATA["lfs.bin"])
    filled.point("ink", "main", "lfs.bin", DATA["lfs.bin"])
    [key] = filled.keys("lfs/")
    place = filled.hub.storage._blobs.locate(key)
    assert place is not None
    flip(place)
    refused: list[bool] = []

    def repair(what: str) -> None:
        if "xorbs/" in what:  # they come after the others
            refused.append(filled.hub.storage.damage.has(key))
            filled.upload_lfs("ink", DATA["lfs.bin"])

    report = filled.hub.registry.check(Sample(), report=repair)
    assert refused == [True]
    assert [finding.key for finding in report.findings] == [key]
    filled.check_files()


@pytest.mark.parametrize("path", ["deep/small.txt", "xet.bin", "large", "pointer"])
def test_clients_do_not_skip_a_damaged_file(filled: World, path: str) -> None:
    """They leave out of a commit what the hub says it has already."""
    filled.put("ink", "main", "large", DATA["deep/large.txt"])
    registry, repo = filled.hub.registry, filled.repo("ink")
    offers = [FileOffer(name, 9, b"x") for name in ("deep/small.txt", "xet.bin", "large")]

    def told() -> dict[str, str | None]:
        verdicts = registry.judge_uploads(repo, "main", offers, attributes=None, ignore=None)
        return {verdict.path: verdict.oid for verdict in verdicts}

    whole = told()
    assert None not in whole.values()
    if path == "pointer":
        path, sql = "xet.bin", "update obj set z = x'00' where kind = 3 and size < 200"
        filled.hub.objects_db.execute(sql)
    elif path == "deep/small.txt":
        filled.hub.objects_db.execute("update obj set z = x'00' where kind = 3 and size = 1300")
    else:
        [key] = filled.keys("xorbs/" if path == "xet.bin" else "git/")
        place = filled.hub.storage._blobs.locate(key)
        assert place is not None
        flip(place)
    check(filled.hub)
    registry._files.forget()
    assert told() == {**whole, path: None}


# -- the command --


@pytest.mark.parametrize("sample", ["x", "-1", "101%", "5 %"])
def test_a_malformed_sample_is_a_usage_error(tmp_path: Path, sample: str) -> None:
    command = [sys.executable, "-m", "hearthub", "fsck", f"--sample={sample}", "--data", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--sample" in done.stderr


def test_the_command_says_whom_it_hits(tmp_path: Path) -> None:
    with open_hub(Settings(data=tmp_path)) as hub:
        hub.accounts.add_user("alice")
        actor = hub.accounts.authenticate(hub.accounts.add_token("alice", "write"))
        from hearthub.registry import CommitHeader, PutFile

        repo = hub.registry.create(actor, "model", "alice/ink")
        operations = [PutFile("large.txt", b"x" * BIG)]
        hub.registry.commit(actor, repo, "main", CommitHeader("one"), operations)
    command = [sys.executable, "-m", "hearthub", "fsck", "--data", tmp_path]
    done = subprocess.run([*command, "--sample", "50%"], capture_output=True, text=True)
    assert done.returncode == 0, done
    flip(next(path for path in (tmp_path / "git").rglob("*") if path.is_file()))
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "hits model alice/ink refs/heads/main large.txt" in done.stdout
    assert "->" in done.stdout
