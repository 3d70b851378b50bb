"""GGUF files for Ollama and older llama.cpp, by clients that ask as those do.

There is no Ollama here: `pull` does what its source does (server/images.go and download.go of
ollama), `llama` what common/arg.cpp of llama.cpp did until it listed trees.
"""

import hashlib
import json
from typing import Any

import httpx
import pytest

from calls import commit, delete, new_repo, put, put_lfs, unique, upload_lfs
from fit.small_models import gguf
from hearthub.accounts import ANONYMOUS
from hearthub.api import ollama
from hearthub.context import Hub
from hearthub.errors import NotFound
from hearthub.fit import Images, Layer
from hearthub.fit.ollama import Image

CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
PART = 100_000
OLLAMA = "ollama/0.33.0 (amd64 linux) Go/go1.26"
GO = "Go-http-client/1.1"


def pull(client: httpx.Client, repo: str, tag: str = "latest") -> dict[str, bytes]:
    """Each layer by the last word of its media type: HEAD for the length, a GET of the whole to
    learn where it is (`Location`, and without that Ollama gives up), then ranges of it from there,
    without any token and under another name."""
    answer = client.get(f"/v2/{repo}/manifests/{tag}", headers={"Accept": DOCKER})
    assert answer.status_code == 200, answer.text
    manifest = answer.json()
    assert manifest["schemaVersion"] == 2
    found = {}
    for layer in [*manifest["layers"], manifest["config"]]:
        url = f"/v2/{repo}/blobs/{layer['digest']}"
        size = int(client.head(url).headers["content-length"])
        with client.stream("GET", url) as whole:
            assert whole.status_code == 200
            where = whole.headers["location"]
        parts = []
        for start in range(0, size, PART):
            last = min(start + PART, size) - 1
            part = client.get(where, headers={"Range": f"bytes={start}-{last}", "User-Agent": GO})
            assert part.status_code == 206
            parts.append(part.content)
        content = b"".join(parts)
        assert (len(content), layer["size"]) == (size, size)
        assert layer["digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        found[layer["mediaType"].rpartition(".")[2]] = content
    return found


def llama(client: httpx.Client, repo: str, tag: str = "latest") -> httpx.Response:
    headers = {"User-Agent": "llama-cpp", "Accept": "application/json"}
    return client.get(f"/v2/{repo}/manifests/{tag}", headers=headers)


def told(name: str, content: bytes) -> dict[str, Any]:
    """What ramalama needs too, which checks what it fetched by `blobId`."""
    blob = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"rfilename": name, "size": len(content), "blobId": blob}


def model(client: httpx.Client, *lines: Any, name: str | None = None, **files: bytes) -> str:
    """A repo of GGUF files, named with `__` for a slash and without their ending."""
    repo = new_repo(client, name or unique("gguf"))
    uploads = [
        put_lfs(f"{path.replace('__', '/')}.gguf", upload_lfs(client, repo, content))
        for path, content in files.items()
    ]
    commit(client, repo, *lines, *uploads)
    return repo


@pytest.fixture(scope="module")
def several(alice: httpx.Client) -> str:
    files = {f"tiny-{kind}": gguf("Q8_0", mark=kind) for kind in ("F16", "Q4_K_M", "UD-Q2_K_XL")}
    return model(alice, **files)


def test_an_image(alice: httpx.Client, anyone: httpx.Client) -> None:
    content = gguf("Q8_0", **{"tokenizer.chat_template": CHATML})
    repo = model(alice, **{"tiny-Q8_0": content})
    found = pull(anyone, repo)
    assert found["model"] == content
    assert found["template"].decode() == (
        "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}"
        "<|im_start|>assistant\n"
    )
    assert json.loads(found["params"]) == {"stop": ["<|im_start|>", "<|im_end|>"]}
    config = json.loads(found["v1+json"])
    assert (config["model_format"], config["model_family"]) == ("gguf", "llama")
    assert (config["file_type"], config["os"]) == ("Q8_0", "linux")
    assert config["model_type"] == "918K"
    assert config["rootfs"]["diff_ids"][0] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_files_of_the_repo_come_first(alice: httpx.Client, anyone: httpx.Client) -> None:
    content = gguf("Q8_0", **{"tokenizer.chat_template": CHATML})
    own = {"template": b"{{ .Prompt }}", "system": b"You are a cat.", "params": b'{"num_ctx": 99}'}
    repo = model(alice, *(put(name, text) for name, text in own.items()), **{"m-Q8_0": content})
    found = pull(anyone, repo)
    assert {name: found[name] for name in own} == own | {"params": b'{"num_ctx":99}'}
    commit(alice, repo, put("params", b"[1, 2"), delete("system"))
    found = pull(anyone, repo)
    assert "system" not in found
    assert json.loads(found["params"]) == {"stop": ["<|im_start|>", "<|im_end|>"]}


def test_a_template_nobody_knows(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo = model(alice, **{"m-Q8_0": gguf("Q8_0", **{"tokenizer.chat_template": "{{ x }}"})})
    assert pull(anyone, repo).keys() == {"model", "v1+json"}


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("latest", "tiny-Q4_K_M"),
        ("Q4_K_M", "tiny-Q4_K_M"),
        ("q4_k_m", "tiny-Q4_K_M"),
        ("F16", "tiny-F16"),
        ("UD-Q2_K_XL", "tiny-UD-Q2_K_XL"),
        ("q2_k_xl", "tiny-UD-Q2_K_XL"),
        ("tiny-F16.gguf", "tiny-F16"),
        ("tiny-f16", "tiny-F16"),
    ],
)
def test_tags(anyone: httpx.Client, several: str, tag: str, name: str) -> None:
    kind = name.removeprefix("tiny-")
    assert pull(anyone, several, tag)["model"] == gguf("Q8_0", mark=kind)
    content = gguf("Q8_0", mark=kind)
    assert llama(anyone, several, tag).json() == {"ggufFile": told(f"{name}.gguf", content)}
    assert anyone.head(f"/v2/{several}/manifests/{tag}").status_code == 200


def test_unknown_tags(alice: httpx.Client, anyone: httpx.Client, several: str) -> None:
    for answer in (anyone.get(f"/v2/{several}/manifests/Q5_K_M"), llama(anyone, several, "Q5_K_M")):
        assert answer.status_code == 404
        assert "there is F16, Q4_K_M, UD-Q2_K_XL" in answer.json()["error"]
    repo = new_repo(alice)
    assert anyone.get(f"/v2/{repo}/manifests/latest").status_code == 404
    for digest in ("sha256:" + "0" * 64, "sha256:abc", "md5:" + "0" * 32, "latest"):
        assert anyone.get(f"/v2/{several}/blobs/{digest}").status_code == 404


def test_ollama_hears_which_tags_there_are(
    alice: httpx.Client, anyone: httpx.Client, several: str
) -> None:
    """Of a 404 it says no more than "file does not exist"."""
    named = {"User-Agent": OLLAMA}
    answer = anyone.get(f"/v2/{several}/manifests/Q5_K_M", headers=named)
    assert (answer.status_code, "there is F16" in answer.text) == (400, True)
    answer = anyone.get(f"/v2/{new_repo(alice)}/manifests/latest", headers=named)
    assert (answer.status_code, "has no GGUF files" in answer.text) == (400, True)
    for path in (f"{several}/blobs/sha256:{'0' * 64}", f"{unique('alice/none')}/manifests/latest"):
        assert anyone.get(f"/v2/{path}", headers=named).status_code == 404


def test_where_the_ranges_are(alice: httpx.Client, anyone: httpx.Client) -> None:
    """A path, as only the client knows by what host it reaches the hub; after a redirect the new
    one."""
    repo = model(alice, **{"m-Q8_0": gguf("Q8_0", mark="moved")})
    digest = anyone.get(f"/v2/{repo}/manifests/latest").json()["layers"][0]["digest"]
    moved = f"alice/{unique('moved')}"
    move = {"fromRepo": repo, "toRepo": moved, "type": "model"}
    alice.post("/api/repos/move", json=move).raise_for_status()
    answer = anyone.get(f"/v2/{repo}/blobs/{digest}", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.headers["location"] == f"/v2/{moved}/blobs/{digest}"


def test_digests_at_random(
    alice: httpx.Client, parts: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cost the reading of all headers once, and a file that a pointer names costs none."""
    files = {f"m-{kind}": gguf("Q8_0", mark=f"{kind} random") for kind in ("F16", "Q4_K_M")}
    repo = parts.registry.repo(ANONYMOUS, "model", model(alice, **files))
    image, made = Images.image, []

    def counted(self: Images, tag: str) -> Image:
        made.append(tag)
        return image(self, tag)

    def found(sha256: str) -> Layer:
        known = ollama._known(parts, repo, sha256)
        return (known or ollama._search(parts, repo, sha256))[1]

    monkeypatch.setattr(Images, "image", counted)
    digest = hashlib.sha256(files["m-Q4_K_M"]).hexdigest()
    assert found(digest).path == "m-Q4_K_M.gguf"
    assert made == []
    for number in range(3):
        with pytest.raises(NotFound):
            found(f"{number:064x}")
    assert sorted(made) == ["m-F16.gguf", "m-Q4_K_M.gguf"]
    assert found(digest).path == "m-Q4_K_M.gguf"
    config = ollama._manifest(parts, repo, "F16")["config"]["digest"].removeprefix("sha256:")
    ollama._told.clear()
    assert found(config).content, "one that is there is made again"


def test_without_the_manifest(alice: httpx.Client, anyone: httpx.Client) -> None:
    """Blobs are found by a process that told nobody of them: a resumed pull asks for no manifest
    first. The next manifest of the same commit has the same digests."""
    content = gguf("Q8_0", **{"tokenizer.chat_template": CHATML}, mark="resumed")
    repo = model(alice, **{"m-Q8_0": content})
    digest = hashlib.sha256(content).hexdigest()
    answer = anyone.get(f"/v2/{repo}/blobs/sha256:{digest}")
    assert answer.content == content
    assert anyone.get(f"/v2/{repo}/blobs/sha256-{digest}").content == content
    first, second = (anyone.get(f"/v2/{repo}/manifests/latest").json() for _ in range(2))
    assert first == second


def test_a_branch_that_moves_meanwhile(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo = model(alice, **{"m-Q8_0": gguf("Q8_0", mark="first")})
    manifest = anyone.get(f"/v2/{repo}/manifests/latest").json()
    commit(alice, repo, delete("m-Q8_0.gguf"))
    for layer in [*manifest["layers"], manifest["config"]]:
        assert anyone.get(f"/v2/{repo}/blobs/{layer['digest']}").status_code == 200
    assert anyone.get(f"/v2/{repo}/manifests/latest").status_code == 404


def test_a_history_that_is_taken_away_meanwhile(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo = model(alice, **{"m-Q8_0": gguf("Q8_0", mark="taken away")})
    manifest = anyone.get(f"/v2/{repo}/manifests/latest").json()
    commit(alice, repo, delete("m-Q8_0.gguf"))
    alice.post(f"/api/models/{repo}/super-squash/main", json={"message": "All"})
    for layer in [*manifest["layers"], manifest["config"]]:
        assert anyone.get(f"/v2/{repo}/blobs/{layer['digest']}").status_code == 404


def test_a_small_file_kept_in_git(alice: httpx.Client, anyone: httpx.Client) -> None:
    content = gguf("Q8_0", mark="small")
    repo = new_repo(alice)
    commit(alice, repo, put("m-Q8_0.gguf", content))
    assert pull(anyone, repo)["model"] == content


def test_projector(alice: httpx.Client, anyone: httpx.Client) -> None:
    content, eye = gguf("Q8_0"), gguf("F16", **{"general.architecture": "clip"}, mark="eye")
    repo = model(alice, **{"m-Q8_0": content, "mmproj-m-F16": eye})
    assert pull(anyone, repo)["projector"] == eye
    assert llama(anyone, repo).json() == {
        "ggufFile": told("m-Q8_0.gguf", content),
        "mmprojFile": told("mmproj-m-F16.gguf", eye),
    }


def test_a_file_in_parts(alice: httpx.Client, anyone: httpx.Client) -> None:
    parts = {f"q__m-Q8_0-0000{n}-of-00002": gguf("Q8_0", mark=n) for n in (1, 2)}
    repo = model(alice, **parts)
    answer = anyone.get(f"/v2/{repo}/manifests/latest")
    assert answer.status_code == 400
    assert "in 2 parts" in answer.json()["error"]
    name = "q/m-Q8_0-00001-of-00002.gguf"
    assert llama(anyone, repo).json()["ggufFile"]["rfilename"] == name


def test_a_file_that_is_none(alice: httpx.Client, anyone: httpx.Client) -> None:
    """Ollama says what is wrong with it; the hub gives it as it is."""
    repo = model(alice, **{"m-Q8_0": b"not a model" * 100})
    assert pull(anyone, repo)["model"] == b"not a model" * 100


def test_private_models(alice: httpx.Client, charlie: httpx.Client, anyone: httpx.Client) -> None:
    """For llama.cpp, which sends its token; to everybody else it is not there."""
    repo = model(alice, **{"m-Q8_0": gguf("Q8_0", mark="private")})
    digest = anyone.get(f"/v2/{repo}/manifests/latest").json()["layers"][0]["digest"]
    settings = {"visibility": "private"}
    assert alice.put(f"/api/models/{repo}/settings", json=settings).status_code == 200
    assert llama(alice, repo).json()["ggufFile"]["rfilename"] == "m-Q8_0.gguf"
    assert alice.get(f"/{repo}/resolve/main/m-Q8_0.gguf").status_code == 200
    for client, status in ((charlie, 404), (anyone, 401)):
        for path in ("manifests/latest", f"blobs/{digest}"):
            assert client.get(f"/v2/{repo}/{path}").status_code == status
        assert llama(client, repo).status_code == status


def test_ollama_hears_why(alice: httpx.Client, anyone: httpx.Client) -> None:
    """It shows its user a 404 and the text of a 403, and of a 401 nothing that helps."""
    repo = model(alice, **{"m-Q8_0": gguf("Q8_0", mark="refused")})
    named = {"User-Agent": OLLAMA}
    for change, status, words in (
        ({"gated": "manual"}, 403, "is restricted"),
        ({"visibility": "private"}, 404, "not found"),
    ):
        alice.put(f"/api/models/{repo}/settings", json=change).raise_for_status()
        for path in ("manifests/latest", f"blobs/sha256:{'0' * 64}"):
            answer = anyone.get(f"/v2/{repo}/{path}", headers=named)
            assert (answer.status_code, words in answer.text) == (status, True)
            assert "www-authenticate" not in answer.headers
