"""Pages of files in Chromium, and a static space that tries what it must not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.looking import run, wrong_with
from browsing import give_passwords, logged_in
from calls import commit, new_repo, put, put_lfs, upload_lfs
from fit.small_models import gguf
from fit.weight_files import pickle_of, write_safetensors, write_torch
from live import LiveHub, live_hub
from web.fitted import PNG

pytestmark = pytest.mark.browser
REPO = "/alice/shown"
PAGES = [
    f"{REPO}/{page}"
    for page in (
        "tree/main", "tree/main/src", "tree/main?after=src", "blob/main/src/code.py",
        "blob/main/src/README.md", "blob/main/src/README.md?code=true", "blob/main/rows.csv",
        "blob/main/m.safetensors", "blob/main/pic.svg", "blob/main/pic.png", "blob/main/film.mp4",
        "blob/main/paper.pdf", "blob/main/sound.wav", "blob/main/binary.dat", "blob/main/m.gguf",
        "blob/main/broken.gguf", "blob/main/state.bin", "commits/main", "commits/main/src/code.py",
        "commit/main", "branches", "compare/feature%2Fx..main", "blob/main/%E2%80%AE%3Cb%3E%22.txt",
    )
]  # fmt: skip
PAGES += ["/spaces/alice/space", "/alice/shut-off/blob/main/a.txt", f"{REPO}/tree/main#menu"]
MENU = {f"{REPO}/tree/main#menu": {"open": "details.revisions"}}
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='2000' height='20'><script>x</script></svg>"
FRAME = (
    '<iframe class="space" src="{}" sandbox="allow-scripts" referrerpolicy="no-referrer"></iframe>'
)
SPACE = {
    "index.html": b"<!doctype html><link rel=stylesheet href=style.css><h1>x</h1>"
    b"<script type=module src=app.js></script>",
    "style.css": b"h1 { color: rgb(1, 2, 3) }",
    "app.js": b"import {word} from './word.js'; document.body.dataset.module = word;",
    "word.js": b"export const word = 'loaded';",
    "data.json": b'{"x": "fetched"}',
}


def wav() -> bytes:
    data = bytes(8000)
    sizes = (36 + len(data), 16, 1 | 1 << 16, 8000, 8000, 1 | 8 << 16)
    riff, *form = (number.to_bytes(4, "little") for number in sizes)
    head = b"RIFF" + riff + b"WAVEfmt " + b"".join(form)
    return head + b"data" + len(data).to_bytes(4, "little") + data


def quantised() -> bytes:
    """With keys of each kind, and more tensors than a page shows."""
    more = {"general.name": "A name", "tokenizer.chat_template": "long " * 200, "x.list": [1, 2]}
    return gguf("Q4_0", **more)


def pickled(folder: Path) -> bytes:
    path = folder / "state.bin"
    write_torch(path, {"0": 16}, pickle_of([("FloatStorage", 4)]))
    return path.read_bytes()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    folder = tmp_path_factory.mktemp("looking")
    tensors = {f"model.layers.{n}.self_attn.q_proj.weight": ("BF16", (8, 8)) for n in range(120)}
    weights = write_safetensors(folder / "m.safetensors", tensors, {"a": "b" * 500}).read_bytes()
    code = b"".join(b"def f%d(x):\n    return 'a string', %d  # why\n" % (n, n) for n in range(90))
    files = {
        "README.md": b"# Shown\n", "src/code.py": code, "src/README.md": b"# S\n\n[a](code.py)\n",
        "rows.csv": b"id,text\n" + b"1,a long enough text that needs room\n" * 30,
        "pic.svg": SVG, "paper.pdf": b"%PDF-1.4", "sound.wav": wav(), "binary.dat": b"\0" * 9,
        "pic.png": PNG, "film.mp4": wav(), "broken.gguf": b"GGUF and no more",
        "\u202e<b>\".txt": b"\xe2\x80\xae turned \xff\n" + b"long " * 300,
    }  # fmt: skip
    with live_hub(folder / "hub", min_free=0) as running, running.client("alice") as alice:
        name = new_repo(alice, "shown")
        commit(alice, name, *(put(path, data) for path, data in files.items()))
        oid = upload_lfs(alice, name, weights)
        commit(alice, name, put_lfs("m.safetensors", oid, len(weights)), put("m.gguf", quantised()),
               put("state.bin", pickled(folder)))  # fmt: skip
        alice.post(f"/api/models/{name}/branch/feature%2Fx", json={})
        changed = code.replace(b"f40(x)", b"f40(y)") + b"# " + b"long " * 200
        title = "A title that is longer than a phone is broad, with a <b>tag</b>"
        commit(alice, name, put("src/code.py", changed), put("binary.dat", b"\0"), summary=title)
        for name, is_private in (("space", False), ("shut", True)):
            space = new_repo(alice, name, type="space", sdk="static", private=is_private)
            commit(alice, space, *(put(path, data) for path, data in SPACE.items()), kind="spaces")
        commit(alice, new_repo(alice, "shut-off"), put("a.txt"))
        alice.put("/api/models/alice/shut-off/settings", json={"gated": "manual"})
        give_passwords(running.data, "alice")
        yield running


def test_what_axe_and_the_browser_say(hub: LiveHub) -> None:
    assert wrong_with(hub.url, PAGES, acts=MENU) == {}


@pytest.mark.parametrize("name", ["space", "shut"])
def test_a_static_space_runs_and_touches_nothing(hub: LiveHub, name: str) -> None:
    """It may load its own files, and knows neither the session nor the page around it."""
    space = "/spaces/alice/space/static/"
    if name == "shut":
        with logged_in(hub, "alice") as browser:
            text = browser.get("/spaces/alice/shut").text
        space = text.partition('<iframe class="space" src="')[2].partition('"')[0]
        assert space.startswith("/spaces/alice/shut/pass/")
    template = Path(__file__).parents[2] / "src/hearthub/web/templates/static_space.html"
    assert FRAME.partition(" src")[0] in template.read_text()
    assert 'sandbox="allow-scripts"' in template.read_text()
    asked = {"url": hub.url, "space": space, "frame": FRAME.format(space)}
    found = run("spaces.py", asked)
    assert found["alone"] == f"/spaces/alice/{name}", "it could pass for a page of the hub"
    assert found["framed"] == {
        "origin": "null",
        "fetched": "fetched",
        "module": "loaded",
        "styled": "rgb(1, 2, 3)",
        "cookie": "SecurityError",
        "storage": "SecurityError",
        "parent": "SecurityError",
        "elsewhere": "TypeError",
        "opened": "true",
        "workers": "SecurityError",
    }
    assert found["cookies"] == []
