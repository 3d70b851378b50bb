"""A hub with something of every kind, public and private, and a word in each private thing that
nobody may read but those named beside it.

Texts of strangers are marked up in each way that a browser might run (`EVIL`).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from api.observatory import observing_hub
from browsing import PASSWORD, give_passwords
from calls import commit, new_repo, post_commit, put, put_lfs, upload_lfs
from fit.small_models import gguf
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub
from web.fitted import fill

GUILD = {"reader": "read", "contributor": "contributor", "writer": "write", "chief": "admin"}
CAST = ("olive", "oscar", "greta", *GUILD)
"""As in tests/access: olive owns, greta is let through her gate, oscar is a stranger, the others
are of guild. Whoever sends a token is a stranger to pages: that is for tests/access."""
PEOPLE = (None, "alice", "bob", "charlie", "root", *CAST)
EVIL = (
    '"><img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>'
    "</title></textarea><style>*{display:none}</style>"
    '<meta http-equiv="refresh" content="0;url=//evil.example">{{7*7}}${7*7}'
)
GUARDED: dict[str, set[str | None]] = {
    "canaryname": {"alice", "root"},
    "canarycard": {"alice", "root"},
    "canaryfile": {"alice", "root"},
    "canarytalk": {"alice", "root"},
    "canarybranch": {"alice", "root"},
    "canaryteam": {"alice", "bob", "root"},
    "canaryspace": {"alice", "root"},
    "canarygated": {"alice", "root"},
    "canaryanswer": {"alice", "root"},
    "canaryshelf": {"alice", "root"},
    "canaryhook": {"alice"},
    "canarysecret": set(),
    "canarymail": {"charlie", "root"},
    "canaryolive": {"olive", "root"},
    "canaryportal": {"olive", "greta", "root"},
    "canarywhy": {"olive", "root"},
    "canarypost": {"olive", "greta", "root"},
    "canaryguild": {*GUILD, "root"},
    "canaryown": {*GUILD, "root"},
}
"""Who may find each word on a page. A webhook's secret is shown to nobody."""
PRIVATE = (
    "/alice/canaryname", "/alice/canaryname/tree/main", "/alice/canaryname/blob/main/README.md",
    "/alice/canaryname/commits/main", "/alice/canaryname/discussions",
    "/alice/canaryname/discussions/1", "/alice/canaryname/branches",
    "/alice/canaryname/content/main/canaryfile.txt", "/alice/canaryname/feed.atom",
    "/datasets/acme/canaryteam", "/spaces/alice/canaryspace", "/fit/alice/canaryname",
    "/compare?ids=alice/canaryname", "/models?search=canaryn", "/models?author=alice",
    "/datasets?search=canaryt&origin=all", "/pulse/metrics/newcomers?source=own&by=repo",
    "/alice/guarded/blob/main/canary.txt", "/alice/guarded/content/main/canary.txt",
    "/alice/guarded/settings/access", "/alice/feed.atom", "/acme/feed.atom", "/admin/users",
    "/admin/jobs", "/admin/storage", "/organizations/acme/settings",
    "/organizations/acme/audit-log", "/settings/webhooks", "/collections?owner=alice", "/nobody",
    "/olive/canaryolive", "/olive/canaryolive/tree/main", "/olive/canaryolive/settings",
    "/olive/gate/blob/main/file.txt", "/olive/gate/content/main/file.txt", "/olive/feed.atom",
    "/olive/gate/settings/access", "/guild/canaryguild", "/guild/canaryguild/commits/main",
    "/guild/canaryguild/settings", "/datasets/guild/canaryown", "/models?search=canarygu",
    "/datasets/guild/canaryown/blob/main/README.md", "/organizations/guild/settings",
    "/organizations/guild/audit-log",
)  # fmt: skip
"""What nobody links to for those who may not see it: they ask all the same."""


@contextmanager
def peopled_hub(folder: Path) -> Iterator[LiveHub]:
    with observing_hub(folder, sign_up="open", webhook_networks="127.0.0.1", rate_logins=0) as hub:
        fill(hub)
        give_passwords(hub.data, "alice", "bob", "charlie", "root")
        with hub.client("alice") as alice, hub.client("charlie") as charlie:
            for client in (alice, charlie):
                client.event_hooks = {"response": [_must_succeed]}
            _private(hub, alice)
            _public(alice, charlie)
        _cast(hub)
        with open_hub(Settings(data=hub.data, min_free=0)) as parts:
            parts.accounts.change_user("charlie", email="canarymail@example.org", fullname="Mx " + (
                EVIL[:150]))  # fmt: skip
        hub.settle()
        yield hub


def _must_succeed(answer: httpx.Response) -> None:
    assert answer.is_success, (answer.request.url, answer.read())


def _private(hub: LiveHub, alice: httpx.Client) -> None:
    """Everything that has one of the words."""
    repo = new_repo(alice, "canaryname", private=True)
    card = f"---\nlicense: mit\n---\n# canarycard {EVIL}\n".encode()
    files = [put("README.md", card), put("canaryfile.txt"), put("m-Q4_0.gguf", gguf("Q4_0"))]
    commit(alice, repo, *files, summary=f"canaryfile {EVIL}")
    said = {"title": f"canarytalk {EVIL[:180]}", "description": f"canarytalk {EVIL}"}
    alice.post(f"/api/models/{repo}/discussions", json=said)
    alice.post(f"/api/models/{repo}/branch/canarybranch", json={})
    team = new_repo(alice, "canaryteam", organization="acme", type="dataset", private=True)
    post_commit(alice, team, put("README.md", b"# canaryteam\n"), kind="datasets")
    space = new_repo(alice, "canaryspace", type="space", sdk="static", private=True)
    post_commit(alice, space, put("index.html", b"<h1>canaryspace</h1>"), kind="spaces")
    guarded = new_repo(alice, "guarded")
    asked = "---\nextra_gated_prompt: Words.\nextra_gated_fields: {Why: text}\n---\n# Guarded\n"
    commit(alice, guarded, put("README.md", asked.encode()), put("canary.txt", b"canarygated\n"))
    alice.put(f"/api/models/{guarded}/settings", json={"gated": "manual"})
    hub.settle()
    with hub.client("bob") as bob:
        bob.post(f"/{guarded}/ask-access", json={"Why": f"canaryanswer {EVIL}"})
    shelf = {"title": "canaryshelf", "private": True, "description": EVIL[:100]}
    alice.post("/api/collections", json=shelf)
    hook = {"url": "http://127.0.0.1:9/canaryhook", "secret": "canarysecret",
            "watched": [{"type": "user", "name": "alice"}]}  # fmt: skip
    alice.post("/api/settings/webhooks", json=hook)


def _cast(hub: LiveHub) -> None:
    with open_hub(Settings(data=hub.data, min_free=0)) as parts:
        accounts = parts.accounts
        for name in CAST:
            mail = "canarypost@example.org" if name == "greta" else None
            accounts.add_user(name, email=mail, password=PASSWORD)
            hub.tokens[name] = accounts.add_token(name)
        accounts.add_org("guild")
        for name, role in GUILD.items():
            accounts.set_member("guild", name, role)
    with hub.client("olive") as olive, hub.client("greta") as greta:
        commit(olive, new_repo(olive, "canaryolive", private=True), put("README.md", b"# x\n"))
        gate = new_repo(olive, "gate")
        card = b"---\nextra_gated_fields: {Why: text}\n---\n# Gate\n"
        commit(olive, gate, put("README.md", card), put("file.txt", b"canaryportal\n"))
        olive.put(f"/api/models/{gate}/settings", json={"gated": "manual"}).raise_for_status()
        hub.settle()
        greta.post(f"/{gate}/ask-access", json={"Why": "canarywhy"}).raise_for_status()
        url = f"/api/models/{gate}/user-access-request/handle"
        olive.post(url, json={"user": "greta", "status": "accepted"}).raise_for_status()
    with hub.client("chief") as chief, hub.client("contributor") as contributor:
        kept = new_repo(chief, "canaryguild", organization="guild", private=True)
        commit(chief, kept, put("README.md", b"# x\n"))
        own = {"organization": "guild", "type": "dataset", "private": True}
        repo = new_repo(contributor, "canaryown", **own)
        commit(contributor, repo, put("README.md", b"# x\n"), kind="datasets")


def _public(alice: httpx.Client, charlie: httpx.Client) -> None:
    """What everybody sees, all of it written by somebody who means harm."""
    repo = new_repo(charlie, "hostile")
    evil = json.dumps(EVIL)
    front = f"license: {evil}\ntags: [{evil}]\npipeline_tag: {evil}\nlibrary_name: {evil}"
    front += f"\nbase_model: {evil}\nlanguage: [{evil}]\nthumbnail: {evil}"
    card = f"---\n{front}\n---\n# {EVIL}\n[x](javascript:alert(4)) ![x](javascript:alert(5))\n"
    files = [
        put("README.md", card.encode()),
        put("config.json", json.dumps({"model_type": EVIL, "architectures": [EVIL]}).encode()),
        put(f"{EVIL[2:25]}.txt"), put("page.html", EVIL.encode()), put("x.svg", EVIL.encode()),
        put("notes.md", EVIL.encode()), put("code.py", EVIL.encode()),
    ]  # fmt: skip
    weights = gguf("Q4_0", **{"general.name": EVIL, "tokenizer.chat_template": EVIL})
    files.append(put_lfs("m-Q4_0.gguf", upload_lfs(charlie, repo, weights)))
    commit(charlie, repo, *files, summary=EVIL, description=EVIL)
    charlie.post(f"/api/models/{repo}/branch/x%22%3E%3Cb", json={})
    url = f"/api/models/{repo}/discussions"
    charlie.post(url, json={"title": EVIL[:190], "description": EVIL})
    charlie.post(f"{url}/1/comment", json={"comment": EVIL})
    proposed = put("README.md", card.encode() + b"more\n")
    post_commit(charlie, repo, proposed, rev="main?create_pr=1", summary=EVIL)
    shelf = {"title": EVIL[:59], "description": EVIL[:140]}
    slug = charlie.post("/api/collections", json=shelf).json()["slug"]
    item = {"item": {"type": "model", "id": repo}, "note": EVIL}
    charlie.post(f"/api/collections/{slug}/items", json=item)
    page = new_repo(charlie, "app", type="space", sdk="static")
    post_commit(charlie, page, put("index.html", EVIL.encode()), kind="spaces")
    rows = new_repo(charlie, "rows", type="dataset")
    features = f"dataset_info:\n  features:\n  - name: {evil}\n    dtype: {evil}"
    text = f"---\npretty_name: {evil}\n{features}\n---\n# {EVIL}\n"
    post_commit(charlie, rows, put("README.md", text.encode()), kind="datasets")
    alice.post(f"/api/models/{repo}/like")
