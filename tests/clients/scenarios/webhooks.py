"""Webhooks: made by the client, received by a listener of this script, read by the client."""

import importlib.util
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from huggingface_hub import HfApi
from steps import call, eventually, new_name, refused, same, step

tokens = json.loads(os.environ["TOKENS"])
api, charlie = HfApi(), HfApi(token=tokens["charlie"])
repo = new_name()
received = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received.append((self.headers["X-Webhook-Secret"], json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_address[1]}/hook"


def events():
    return [f"{it['event']['action']} {it['event']['scope']}" for _, it in received]


def has_arrived(*wanted):
    eventually(lambda: len(received) >= len(wanted))
    same(sorted(events()), sorted(wanted))
    found = list(received)
    received.clear()
    return found


with step("create_webhook"):
    made = charlie.create_webhook(
        url=URL,
        watched=[{"type": "user", "name": "alice"}, {"type": "org", "name": "acme"}],
        domains=["repo", "discussion"],
        secret="my-secret",
    )
    same((made.url, made.secret, made.disabled), (URL, "my-secret", False))
    same([(it.type, it.name) for it in made.watched], [("user", "alice"), ("org", "acme")])
    with refused(400):
        charlie.create_webhook(url="http://10.0.0.1/", watched=[{"type": "user", "name": "alice"}])

with step("get_webhook"):
    same(charlie.get_webhook(made.id), made)
    with refused(404):
        api.get_webhook(made.id)

with step("list_webhooks"):
    same([it.id for it in charlie.list_webhooks()], [made.id])
    assert made.id not in [it.id for it in api.list_webhooks()]

with step("a repo is created, written to and moved"):
    api.create_repo(repo)
    has_arrived("create repo", "update repo.content")
    api.upload_file(path_or_fileobj=b"one\n", path_in_repo="a.txt", repo_id=repo)
    ((secret, told),) = has_arrived("update repo.content")
    same(secret, "my-secret")
    same(told["repo"]["name"], repo)
    same(told["repo"]["headSha"], api.model_info(repo).sha)
    same(told["updatedRefs"][0]["newSha"], told["repo"]["headSha"])
    same(told["webhook"], {"id": made.id, "version": 3})
    api.move_repo(repo, f"{repo}-moved")
    ((_, told),) = has_arrived("move repo")
    same(told["movedTo"]["name"], f"{repo}-moved")
    repo = f"{repo}-moved"

with step("a discussion is opened, answered and closed"):
    api.create_discussion(repo, title="Hello", description="World")
    ((_, told),) = has_arrived("create discussion")
    same((told["discussion"]["num"], told["comment"]["content"]), (1, "World"))
    api.comment_discussion(repo, 1, comment="And you?")
    ((_, told),) = has_arrived("create discussion.comment")
    same(told["comment"]["content"], "And you?")
    api.change_discussion_status(repo, 1, new_status="closed")
    has_arrived("update discussion")

with step("a private repo is not told of"):
    secret_repo = new_name()
    api.create_repo(secret_repo, private=True)
    api.create_pull_request(repo, title="A change")
    found = has_arrived("create discussion")
    same(found[0][1]["discussion"]["isPullRequest"], True)

with step("update_webhook"):
    changed = charlie.update_webhook(made.id, domains=["discussion"], secret="other")
    same((changed.domains, changed.secret, changed.url), (["discussion"], "other", URL))
    same(changed.watched, made.watched)
    api.upload_file(path_or_fileobj=b"two\n", path_in_repo="a.txt", repo_id=repo)
    api.comment_discussion(repo, 1, comment="Still there?")
    same(has_arrived("create discussion.comment")[0][0], "other")

with step("disable_webhook"):
    same(charlie.disable_webhook(made.id).disabled, True)
    api.comment_discussion(repo, 1, comment="Nobody hears this")

with step("enable_webhook"):
    same(charlie.enable_webhook(made.id).disabled, False)
    api.comment_discussion(repo, 1, comment="This is heard")
    same(has_arrived("create discussion.comment")[0][1]["comment"]["content"], "This is heard")

with step("the log, and a delivery once more"):
    url = f"/api/settings/webhooks/{made.id}/deliveries"
    eventually(lambda: call("GET", url, user="charlie")[0]["state"] == "done")
    newest = call("GET", url, user="charlie")[0]
    same(newest["status"], 200)
    call("POST", f"{url}/{newest['id']}/replay", user="charlie")
    same(has_arrived("create discussion.comment")[0][1]["comment"]["content"], "This is heard")

if importlib.util.find_spec("pydantic"):
    from huggingface_hub import WebhookPayload

    with step("WebhookPayload"):
        charlie.update_webhook(made.id, domains=["repo", "discussion"])
        api.create_tag(repo, tag="v1")
        api.update_repo_settings(repo, private=True)
        api.update_repo_settings(repo, private=False)
        api.create_pull_request(repo, title="Another change")
        api.delete_repo(repo)
        eventually(lambda: "delete repo" in events())
        for _, told in received:
            read = WebhookPayload(**told)
            same((read.webhook.id, read.repo.type), (made.id, "model"))
        received.clear()

with step("delete_webhook"):
    charlie.delete_webhook(made.id)
    same(charlie.list_webhooks(), [])
    with refused(404):
        charlie.delete_webhook(made.id)

server.shutdown()
