"""What strangers write wherever they can, so that it would run, stand as an element, or turn the
text around it: in `tests/web/peopled.py`'s hub, beside what that says itself."""

import json
import subprocess
from pathlib import Path
from urllib.parse import quote

import httpx

from browsing import logged_in
from calls import commit, new_repo, post_commit, put, put_lfs, upload_lfs
from fit.small_models import gguf
from fit.weight_files import write_safetensors
from hearthub.app import open_hub
from hearthub.catalogue import Counters, Facts, Listing
from hearthub.settings import Settings
from live import LiveHub
from pulse.lakes import history, panel

TURNS = "\u202e\u2066\u200f"
RUNS = (
    "'\"><x-evil onclick=alert(1)>evil</x-evil><img src=x onerror=alert(2)>"
    f"<script>alert(3)</script></title></textarea>{{{{7*7}}}}{TURNS}"
)
NAME = f"'\"><x-evil onclick=alert(4)><img src=x onerror=alert(5)>{TURNS}b"
"""Without a slash, for what is a name in a folder."""
REF = f"x'\"><x-evil><img/src=x/onerror=alert(6)>{TURNS}b"
"""Without what no ref may have."""
REPO = "charlie/written"
FOLDER = quote(NAME)


def write_everywhere(hub: LiveHub, folder: Path) -> None:
    with hub.client("charlie") as charlie, hub.client("bob") as bob:
        _files(charlie, folder)
        _refs(charlie)
        _pushed(hub, folder / "pushed")
        _talk(charlie)
        _gate(hub, charlie, bob)
        _account(hub, charlie)
    _observed(hub, folder)


def _files(charlie: httpx.Client, folder: Path) -> None:
    repo = new_repo(charlie, "written")
    tensors = {RUNS: ("BF16", (8, 8)), f"layers.0.{NAME}": ("F32", (2,))}
    metadata = {RUNS: RUNS, "format": RUNS, "long": RUNS * 9}
    weights = write_safetensors(folder / "w.safetensors", tensors, metadata).read_bytes()
    keys = {f"x.{NAME}": RUNS, "general.name": RUNS, "general.architecture": "llama",
            "tokenizer.ggml.model": RUNS, "x.list": [RUNS, RUNS]}  # fmt: skip
    rows = f'"{NAME}",b\n"{NAME}",2\n'.replace('"', "'")
    places = f"{NAME}/deep/{NAME}.txt", f"{NAME}/README.md", f"{NAME}.md", f"{NAME}.json"
    texts = [put(place, f"# {RUNS}\n".encode()) for place in places]
    config = {"architectures": [RUNS], "model_type": RUNS, "torch_dtype": RUNS}
    commit(
        charlie, repo, *texts, put(f"{NAME}.csv", rows.encode()),
        put(f"{NAME}.py", f"# {RUNS}\n".encode()), put(f"{NAME}.png", b"\x89PNG"),
        put("config.json", json.dumps(config).encode()), put(f"{NAME}.pdf", b"%PDF"),
        put_lfs("w.safetensors", upload_lfs(charlie, repo, weights), len(weights)),
        put_lfs("w-Q4_0.gguf", upload_lfs(charlie, repo, gguf("Q4_0", **keys))),
        summary=RUNS, description=f"{RUNS}\n{TURNS}second line",
    )  # fmt: skip
    changed = put(f"{NAME}/README.md", b"other\n")
    commit(charlie, repo, changed, put(f"{NAME}.py", b"x = 1\n"), summary=NAME)


def _refs(charlie: httpx.Client) -> None:
    for place, body in ((f"branch/{quote(REF, safe='')}", {}), ("tag/main", {"tag": f"t{REF}"})):
        charlie.post(f"/api/models/{REPO}/{place}", json=body).raise_for_status()


def _pushed(hub: LiveHub, folder: Path) -> None:
    """Whom git says that it is: not who pushes."""
    url = hub.url.replace("://", f"://charlie:{hub.tokens['charlie']}@") + f"/{REPO}"
    named = ["-c", f"user.name={RUNS}", "-c", f"user.email={NAME}@evil.example"]
    for words in (
        ["clone", "--quiet", url, str(folder)],
        ["-C", str(folder), *named, "commit", "--quiet", "--allow-empty", "-m", RUNS],
        ["-C", str(folder), "push", "--quiet"],
    ):
        env = {"GIT_LFS_SKIP_SMUDGE": "1", "HOME": str(folder.parent), "PATH": "/usr/bin:/bin",
               "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}  # fmt: skip
        subprocess.run(["git", *words], check=True, capture_output=True, env=env, timeout=60)


def _talk(charlie: httpx.Client) -> None:
    url = f"/api/models/{REPO}/discussions"
    charlie.post(url, json={"title": RUNS[:200], "description": RUNS}).raise_for_status()
    for said in (RUNS, f"{TURNS}*turned*"):
        charlie.post(f"{url}/1/comment", json={"comment": said}).raise_for_status()
    charlie.post(f"{url}/1/title", json={"title": NAME}).raise_for_status()
    proposed = put(f"{NAME}/more.txt", b"more\n")
    rev = "main?create_pr=1"
    post_commit(charlie, REPO, proposed, rev=rev, summary=RUNS, description=RUNS).raise_for_status()
    refused = charlie.post(url, json={"title": "a\0b", "description": "c\0d"})
    assert refused.status_code < 500


def _gate(hub: LiveHub, charlie: httpx.Client, bob: httpx.Client) -> None:
    """Questions by charlie, answers by bob, and the other way round why he is refused."""
    repo, evil = new_repo(charlie, "guarding"), json.dumps(RUNS)
    choice = f"{json.dumps('choice ' + NAME)}: {{type: select, options: [{evil}, b]}}"
    asked = f"{evil}: text, {json.dumps('box ' + NAME)}: checkbox, {choice}"
    words = "".join(
        f"extra_gated_{it}: {evil}\n"
        for it in ("heading", "prompt", "description", "button_content")
    )
    card = f"---\n{words}extra_gated_fields: {{{asked}}}\n---\n# {RUNS}\n"
    commit(charlie, repo, put("README.md", card.encode()))
    charlie.put(f"/api/models/{repo}/settings", json={"gated": "manual"}).raise_for_status()
    hub.settle()
    answers = {RUNS: RUNS, f"box {NAME}": True, f"choice {NAME}": RUNS}
    bob.post(f"/{repo}/ask-access", json=answers).raise_for_status()


def _account(hub: LiveHub, charlie: httpx.Client) -> None:
    """Tokens, sessions, names, shelves and webhooks."""
    shelf = {"title": NAME[:59], "description": RUNS[:150]}
    slug = charlie.post("/api/collections", json=shelf).raise_for_status().json()["slug"]
    item = {"item": {"type": "model", "id": REPO}, "note": RUNS}
    charlie.post(f"/api/collections/{slug}/items", json=item).raise_for_status()
    hook = {"url": "http://127.0.0.1:9/'\"><x-evil>", "secret": "'><x-evil>",
            "watched": [{"type": "model", "name": REPO}]}  # fmt: skip
    charlie.post("/api/settings/webhooks", json=hook).raise_for_status()
    with logged_in(hub, "charlie") as browser:
        token = browser.submit("/settings/tokens", name=RUNS[:100], role="read", days="90")
        assert token.status_code == 200
        file = ("files", (f"{NAME}.bin", b"x"))
        words = {"folder": NAME, "summary": RUNS, "description": RUNS}
        sent = browser.submit(f"/{REPO}/upload/main", files=[file], **words)
        assert sent.status_code == 303
    code = {"client_id": RUNS}
    charlie.post("/oauth/device", data=code, headers={"User-Agent": "x'\"><x-evil>"})
    with open_hub(Settings(data=hub.data, min_free=0)) as parts:
        accounts = parts.accounts
        dana = accounts.sign_ins.sign_up("https://id.example", RUNS, "dana", RUNS[:150], None)
        accounts.sign_ins.link(dana.id, "https://other.example", NAME, RUNS)
        accounts.set_password("dana", "correct horse battery")


def _observed(hub: LiveHub, folder: Path) -> None:
    """Repos of elsewhere, as a panel tells of them and as the catalogue keeps them."""
    facts = {"license": RUNS, "pipeline_tag": RUNS, "library": RUNS, "author": RUNS,
             "tags": [RUNS, NAME], "created_at": "2026-03-02"}  # fmt: skip
    with open_hub(Settings(data=hub.data, min_free=0)) as parts:
        rows = history({f"evil/{NAME}": 40, NAME: 20, "evil/plain": 30}, **facts)
        told = {"licence": RUNS, "attribution": RUNS, "origin": "evil.example"}
        panel(parts.pulse.lake, folder, rows, source="evil-source", **told)
        parts.catalogue.observe([
            Listing("model", "evil/plain", Facts(
                tags=[RUNS, NAME], pipeline_tag=RUNS, library=RUNS, licenses=[RUNS],
                languages=[RUNS], formats=[RUNS], datasets=[RUNS], base_models=[NAME],
                relation="finetune", description=RUNS, quantization=RUNS,
            ), Counters(1_700_000_000_000, 1_760_000_000_000, 9, 90, likes=3), origin=RUNS)
        ])  # fmt: skip
        parts.pulse.show({})
        parts.pulse.rank({})
        parts.pulse.make_reports({})
