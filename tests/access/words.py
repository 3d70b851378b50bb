"""What a call of the access matrix is, and the words that many of them share.

A call names a route by its template; `{kind}`, `{namespace}` and `{name}` become those of a repo,
`{n}` a number that is new each time, the other parameters come from `PARAMS`.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from calls import header, ndjson, put


class Need(Enum):
    NOTHING = "answers the same to everybody, whatever token they send"
    VALID = "whoever sends a token must send a good one"
    LOGIN = "a user, by any token"
    SPEAKS = "a user, by a token that writes"
    CHIEF = "an administrator of the organisation, or of the hub"
    ROOT = "an administrator of the hub"
    METADATA = "may see that the repo exists"
    KNOWN = "sees the repo, and is somebody"
    LIKE = "sees the repo, and has a token that writes"
    READ = "may read the repo's files"
    PROPOSE = "may read, and has a token that writes"
    WRITE = "may commit"
    ADMIN = "may change, move and delete"
    CREATE = "may make repos in the namespace"
    COPY = "may read the repo, and make repos in its namespace"
    PAGE = "a page: shown as to a visitor without a token"
    STORE = "a token of the content store; tokens of the hub are none"
    MISSING = "there is never a repo at such a path"


@dataclass(frozen=True)
class Call:
    """`answer` is the status, and with it the error code, of those who are let through; `ungated`
    the same on repos that are not gated, where it differs.

    `fresh`: the call uses the repo up, so that each gets one of its own.
    """

    methods: str
    path: str
    need: Need
    answer: tuple[int, str | None] = (200, None)
    json: Any = None
    content: bytes | None = None
    media: str | None = None
    params: dict[str, str] = field(default_factory=dict)
    fresh: bool = False
    ungated: tuple[int, str | None] | None = None


OID = "0" * 64
PARAMS = {
    "rev": "main",
    "path": ".gitattributes",
    "folder": "",
    "asset": "start.js",
    "rest": "no-such-route",
    "topic": "start",
    "generation": "0",
    "version": "v1",
    "prefix": "default",
    "hash": OID,
    "file": OID,
    "oid": OID,
    "part": "1",
    "lock": "999999999",
    "slug": "no-such-0123456789abcdef01234567",
    "item": "0" * 24,
    "num": "99999",
    "comment": "0" * 24,
    "webhook": "0" * 24,
    "delivery": "0" * 24,
    "digest": f"sha256:{OID}",
    "source": "nobody",
    "until": "2026-03-15",
    "tag": "no-such-tag",
    "branch": "no-such-branch",
    "span": "main..main",
    "key": "no-such-key",
    "pass": "no-such-pass",
}
NEW_BRANCH = {"branch": "branch{n}"}
NO_SUCH_REF = (404, "RevisionNotFound")
NO_INDEX = {"path": "model.safetensors.index.json"}
NO_ENTRY = (404, "EntryNotFound")
NO_REPO = (404, "RepoNotFound")
MISSING_ROUTE = (404, None)
NO_SIGNATURE = (403, None)
WRONG_TOKEN = (401, None)

NOTHING_INGESTED = (404, None)
GINI = {"name": "downloads_gini"}
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}

ORG, USER = {"name": "guild"}, {"name": "olive"}
SPACE = "/spaces/{namespace:seg}/{name:seg}"
REPO = "/api/{kind:kind}/{namespace:seg}/{name:seg}"
COMMIT = ndjson(header(), put("file.txt"))
OFFER = {"files": [{"path": "a.txt", "size": 5, "sample": ""}]}
NAMED = {"name": "{namespace}/{name}", "type": "{type}"}
COPIED = {"target": {"type": "{type}", "name": "{namespace}/{name}"}, "files": []}
DELETED = {"deletions": {"sha": [OID]}}
LFS_UPLOAD = {"operation": "upload", "objects": [{"oid": OID, "size": 1}]}
LFS_DOWNLOAD = {"operation": "download", "objects": [{"oid": OID, "size": 1}]}
LFS_OBJECT = {"oid": OID, "size": 1}
REQUESTS, NO_GATE, PENDING = REPO + "/user-access-request", (400, None), {"status": "pending"}
COLLECTION, NO_COLLECTION = "/api/collections/{namespace:seg}/{slug:seg}", (404, None)
THING = {"item": {"id": "{namespace}/{name}", "type": "{type}"}}
FORM = "application/x-www-form-urlencoded"
IMAGES = "/v2/{namespace:seg}/{name:seg}"
HOOKS, NO_HOOK = "/api/settings/webhooks", (404, None)
HOOK, SENT = HOOKS + "/{webhook:seg}", HOOKS + "/{webhook:seg}/deliveries"
TALK, NO_TALK = REPO + "/discussions/{num:seg}", (404, None)
GIT = "/{namespace:seg}/{name:seg}.git/info/lfs"
GIT_OF_KIND = "/{kind:kind}" + GIT
OLD_GIT = (403, None)
FETCH, PUSH = "application/x-git-upload-pack-request", "application/x-git-receive-pack-request"
