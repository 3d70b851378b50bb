"""The `hf` command: discussions, collections, webhooks, duplicates, copies and stored tokens."""

import os
import subprocess
from pathlib import Path

from steps import ENDPOINT, TOKENS, new_name, same, step
from terminal import HF, hf, told

repo = new_name()
title = f"Things of {repo}"
Path("a.txt").write_text("one\n")
hf("repos", "create", repo)
hf("upload", repo, "a.txt")


def talk(num):
    return told("discussions", "info", repo, str(num))


with step("hf discussions create, info, comment, edit, rename"):
    made = told("discussions", "create", repo, "--title", "Why?", "--body", "So?", user="charlie")
    same((made["num"], made["url"]), (1, f"{ENDPOINT}/{repo}/discussions/1"))
    hf("discussions", "comment", repo, "1", "--body", "So.")
    said = talk(1)["events"][-1]
    hf("discussions", "edit", repo, "1", said["id"], "--body", "So!")
    hf("discussions", "rename", repo, "1", "How?")
    same([it.get("content") for it in talk(1)["events"]], ["So?", "So!", None])
    same(talk(1)["title"], "How?")
    hf("discussions", "comment", repo, "9", "--body", "Nobody hears", fails=True)

with step("hf discussions close and reopen"):
    hf("discussions", "close", repo, "1", "--yes", "--comment", "Done")
    same(talk(1)["status"], "closed")
    hf("discussions", "reopen", repo, "1", "--yes")
    same(talk(1)["status"], "open")

with step("hf discussions create --pull-request, diff and merge"):
    same(told("discussions", "create", repo, "--title", "Two", "--pr")["ref"], "refs/pr/2")
    Path("a.txt").write_text("two\n")
    hf("upload", repo, "a.txt", "--revision", "refs/pr/2")
    assert "-one\n+two" in hf("discussions", "diff", repo, "2")
    hf("discussions", "merge", repo, "2", "--yes", user="charlie", fails=True)
    hf("discussions", "merge", repo, "2", "--yes", "--comment", "Fine")
    same(talk(2)["status"], "merged")

with step("hf upload --create-pr"):
    hf("upload", repo, "a.txt", "b.txt", "--create-pr", user="charlie")

with step("hf discussions list by status, kind and author"):
    for words, numbers in [
        ([], ["3", "1"]),
        (["--status", "merged"], ["2"]),
        (["--status", "all", "--limit", "2"], ["3", "2"]),
        (["--status", "all", "--kind", "pull_request", "--author", "alice"], ["2"]),
    ]:
        same(hf("discussions", "list", repo, "--quiet", *words).split(), numbers)

with step("hf collections create, info, update"):
    slug = told("collections", "create", title, "--description", "What I like")["slug"]
    assert "already" in hf("collections", "create", title, fails=True)
    same(told("collections", "create", title, "--exists-ok")["slug"], slug)
    moved = told("collections", "update", slug, "--title", f"{title} anew", "--private")["slug"]
    found = told("collections", "info", slug)
    same((found["slug"], found["private"]), (moved, True))
    hf("collections", "info", slug, user="charlie", fails=True)

with step("hf collections add-item, update-item, delete-item"):
    hf("collections", "add-item", slug, repo, "model", "--note", "Mine")
    hf("collections", "add-item", slug, "2311.12983", "paper")
    hf("collections", "add-item", slug, repo, "model", fails=True)
    hf("collections", "add-item", slug, repo, "model", "--exists-ok")
    first = told("collections", "info", slug)["items"][0]
    hf("collections", "update-item", slug, first["item_object_id"], "--position", "1")
    found = told("collections", "info", slug)["items"]
    same([it["item_id"] for it in found], ["2311.12983", repo])
    hf("collections", "delete-item", slug, first["item_object_id"])
    hf("collections", "delete-item", slug, first["item_object_id"], "--missing-ok")

with step("hf collections list, with more than a page has"):
    for words in (["--limit", "150"], ["--sort", "upvotes"], ["--item", "papers/2311.12983"]):
        assert moved in hf("collections", "list", "--owner", "alice", "--quiet", *words)

with step("hf collections delete"):
    hf("collections", "delete", slug)
    hf("collections", "delete", slug, fails=True)
    hf("collections", "delete", slug, "--missing-ok")

with step("hf webhooks create, info, list, update"):
    url = "https://hooks.example.org/a"
    watch = ["--watch", f"model:{repo}", "--domain", "discussion"]
    hook = told("webhooks", "create", "--url", url, *watch, "--secret", "s3cret")["id"]
    assert hook in hf("webhooks", "list", "--quiet").split()
    hf("webhooks", "update", hook, "--url", f"{url}/b", "--watch", "org:acme")
    found = told("webhooks", "info", hook)
    same((found["url"], found["secret"]), (f"{url}/b", "s3cret"))
    same((found["watched"], found["domains"]), ([{"type": "org", "name": "acme"}], ["discussion"]))
    hf("webhooks", "info", hook, user="charlie", fails=True)

with step("hf webhooks disable, enable, delete"):
    hf("webhooks", "disable", hook)
    same(told("webhooks", "info", hook)["disabled"], True)
    hf("webhooks", "enable", hook)
    hf("webhooks", "delete", hook, "--yes")
    hf("webhooks", "info", hook, fails=True)

with step("hf repos duplicate"):
    hf("repos", "duplicate", repo, f"{repo}-copy", "--private")
    same(told("models", "info", f"{repo}-copy")["private"], True)
    assert "already" in hf("repos", "duplicate", repo, f"{repo}-copy", fails=True)
    hf("repos", "duplicate", repo, f"{repo}-copy", "--exist-ok")

with step("hf repos cp"):
    hf("repos", "cp", f"hf://{repo}/a.txt", "got.txt")
    same(Path("got.txt").read_text(), "two\n")
    hf("repos", "cp", f"hf://{repo}/a.txt", f"hf://{repo}-copy/c.txt")
    hf("repos", "cp", "got.txt", f"hf://{repo}-copy/d.txt")
    files = {it["rfilename"] for it in told("models", "info", f"{repo}-copy")["siblings"]}
    same(files, {".gitattributes", "a.txt", "c.txt", "d.txt"})

with step("hf auth login --token, list, token, logout"):
    env = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}

    def auth(*words):
        done = subprocess.run([HF, "auth", *words], env=env, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    same(auth("login", "--token", "hf_" + "x" * 34)[0], 1)
    same(auth("login", "--token", TOKENS["bob"])[0], 0)
    assert f"hf_****{TOKENS['bob'][-4:]}" in auth("list")[1]
    assert TOKENS["bob"] in auth("token")[1]
    assert "bob" in auth("whoami")[1]
    same(auth("logout")[0], 0)
    assert "bob" not in auth("whoami")[1]
