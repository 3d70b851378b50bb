"""The access matrix as a table: every route, and the right it asks for.

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


def git_rows() -> "list[Call]":
    """What the real git asks, with the suffix `.git` and without."""
    rows = []
    for kind in ("/", "/{kind:kind}/"):
        repo = kind + "{namespace:seg}/{name:seg}"
        for suffix in (".git", ""):
            rows += [
                Call("GET HEAD", f"{repo}{suffix}/info/refs", Need.READ, OLD_GIT),
                Call(
                    "POST", f"{repo}{suffix}/git-upload-pack", Need.READ, content=b"0000",
                    media=FETCH,
                ),
                Call(
                    "POST", f"{repo}{suffix}/git-receive-pack", Need.PROPOSE, content=b"0000",
                    media=PUSH,
                ),
            ]  # fmt: skip
        locks = f"{repo}.git/info/lfs/locks"
        rows += [
            Call("GET HEAD", locks, Need.READ),
            Call("POST", locks, Need.WRITE, (201, None), json={"path": "file{n}.bin"}),
            Call("POST", f"{locks}/verify", Need.WRITE, json={}),
            Call("POST", f"{locks}/{{lock:seg}}/unlock", Need.WRITE, (404, None), json={}),
        ]
    return rows


def session_rows() -> "list[Call]":
    """Pages for whoever is logged in. A token is no session: whoever sends one is a stranger."""
    login, refused = (303, None), (401, None)
    rows = [
        Call("GET HEAD", "/login", Need.NOTHING),
        Call("GET HEAD", "/signup", Need.NOTHING, (404, None)),  # off by default
        *(
            Call("POST", path, Need.NOTHING, (400, None))
            for path in ("/login", "/logout", "/signup")
        ),
        Call("GET HEAD", "/{namespace:seg}", Need.NOTHING),
        Call("GET HEAD", "/{namespace:seg}/feed.atom", Need.NOTHING),
        Call("GET HEAD", "/feed/{key:seg}.atom", Need.NOTHING, (404, None)),
        Call("GET HEAD", "/settings", Need.NOTHING, login),
    ]
    pages = ["profile", "tokens", "hardware", "sessions"]
    acts = ["profile", "password", "tokens", "tokens/revoke", "hardware", "sessions/end"]
    pages += ["audit-log", "feed"]
    acts += ["feed", "feed/revoke"]
    hook = "webhooks/{webhook:seg}"
    pages += ["webhooks", hook, f"{hook}/deliveries/{{delivery:seg}}"]
    acts += ["webhooks", hook, f"{hook}/switch", f"{hook}/delete"]
    acts += [f"{hook}/deliveries/{{delivery:seg}}/replay"]
    rows += [Call("GET HEAD", f"/settings/{page}", Need.NOTHING, login) for page in pages]
    rows += [Call("POST", f"/settings/{act}", Need.NOTHING, refused) for act in acts]
    for path in ("/new", "/new-dataset", "/new-space"):
        rows += [
            Call("GET HEAD", path, Need.NOTHING, login),
            Call("POST", path, Need.NOTHING, refused),
        ]
    for path in ("/admin", "/admin/users", "/admin/jobs", "/admin/storage"):
        rows.append(Call("GET HEAD", path, Need.NOTHING, (404, None)))
    for path in ("/admin/users", "/admin/users/change", "/admin/jobs/retry"):
        rows.append(Call("POST", path, Need.NOTHING, refused))
    for start in ("/{kind:kind}/{namespace:seg}/{name:seg}/", "/{namespace:owner}/{name:seg}/"):
        upload, edit = f"{start}upload/{{rev:seg}}", f"{start}edit/{{rev:seg}}/{{path:rest}}"
        for page in (f"{start}settings", edit, upload):
            rows += [
                Call("GET HEAD", page, Need.PAGE, login),
                Call("POST", page, Need.NOTHING, refused),
            ]
        rows.append(Call("GET HEAD", f"{start}settings/access", Need.PAGE, login))
        rows.append(Call("GET HEAD", f"{start}feed.atom", Need.PAGE))
        for act in (
            f"{start}settings/move",
            f"{start}settings/delete",
            f"{start}access",
            f"{start}access/cancel",
            f"{start}settings/access/decide",
            f"{start}settings/access/grant",
            f"{upload}/files",
            f"{upload}/commit",
        ):
            rows.append(Call("POST", act, Need.NOTHING, refused))
        rows.append(Call("GET HEAD PUT", f"{upload}/file", Need.NOTHING, refused))
    return rows


def talk_rows() -> "list[Call]":
    """Pages of discussions and what is done on them; a gate leads a stranger to the log-in."""
    login, refused = (303, None), (401, None)
    rows = []
    for start in ("/{kind:kind}/{namespace:seg}/{name:seg}/", "/{namespace:owner}/{name:seg}/"):
        talk = f"{start}discussions"
        one = f"{talk}/{{num:seg}}"
        rows += [
            Call("GET HEAD", talk, Need.PAGE, login, ungated=(200, None)),
            Call("GET HEAD", f"{talk}/new", Need.PAGE, login),
            Call("GET HEAD", one, Need.PAGE, login, ungated=(404, None)),
            Call("GET HEAD", f"{one}/files", Need.PAGE, login, ungated=(404, None)),
        ]
        rows += [
            Call("POST", act, Need.NOTHING, refused)
            for act in (
                f"{talk}/new",
                f"{one}/comment",
                f"{one}/comment/{{comment:seg}}/edit",
                f"{one}/comment/{{comment:seg}}/hide",
                f"{one}/title",
                f"{one}/status",
                f"{one}/merge",
                f"{start}like",
            )
        ]
    return rows


def look_rows() -> "list[Call]":
    """Pages to look at: of a repo's files and history, and what is about no repo of this hub."""
    bad, none = (400, None), (404, None)
    rows = [
        Call("GET HEAD", "/fit", Need.NOTHING),
        Call("POST", "/fit/hardware", Need.NOTHING, bad),
        Call("GET HEAD", "/compare", Need.NOTHING),
        Call("GET HEAD", "/pulse/state/{source:seg}", Need.NOTHING, none),
        Call("GET HEAD", "/pulse/weekly/{source:seg}", Need.NOTHING, none),
        Call("GET HEAD", "/pulse/{rest:path}", Need.NOTHING, none),
        Call("GET HEAD", "/fit/{namespace:seg}/{name:seg}", Need.PAGE),
        # Of public spaces to everybody; these repos are none.
        Call("GET HEAD", f"{SPACE}/static/{{path:rest}}", Need.MISSING, NO_REPO),
    ]
    for start in ("/{kind:kind}/{namespace:seg}/{name:seg}/", "/{namespace:owner}/{name:seg}/"):
        rows += [
            Call("GET HEAD", f"{start}{page}", Need.PAGE)
            for page in (
                "tree/{rev:seg}",
                "blob/{rev:seg}/{path:rest}",
                "commit/{rev:seg}",
                "commits/{rev:seg}",
                "commits/{rev:seg}/{path:rest}",
                "branches",
                "compare/{span:seg}",
            )
        ]
        rows += [
            Call("GET HEAD", f"{start}history", Need.PAGE, none),  # of observed repos
            Call("GET HEAD", f"{start}tree/{{rev:seg}}/{{path:rest}}", Need.PAGE, (307, None)),
            Call(
                "GET HEAD", f"{start}content/{{rev:seg}}/{{path:rest}}", Need.PAGE, (403, None),
                ungated=(200, None),
            ),
        ]  # fmt: skip
    return rows


def people_rows() -> "list[Call]":
    """Pages around people, likewise: device log-in, collections, following, audit logs."""
    login, refused, rows = (303, None), (401, None), list[Call]()
    rows += [
        Call("GET HEAD", "/oauth/device", Need.NOTHING, login),
        Call("POST", "/oauth/device/answer", Need.NOTHING, refused),
    ]
    shelf = "/collections/{namespace:seg}/{slug:seg}"
    rows += [
        Call("GET HEAD", "/collections", Need.NOTHING),
        Call("GET HEAD", "/collections/new", Need.NOTHING, login),
        Call("GET HEAD", shelf, Need.NOTHING, NO_COLLECTION),
        Call("GET HEAD", f"{shelf}/edit", Need.NOTHING, login),
        Call("GET HEAD", "/organizations/{name:seg}/audit-log", Need.NOTHING, login, params=ORG),
    ]
    org = "/organizations/{name:seg}"
    for it in ("/organizations/new", f"{org}/settings"):
        rows += [Call("GET HEAD", it, Need.NOTHING, login), Call("POST", it, Need.NOTHING, refused)]
    acts = [f"{org}/{act}" for act in ("members", "members/change", "leave")]
    forms = ["/upvote", "/edit", "/delete", "/items", "/items/{item:seg}"]
    acts += ["/collections/new", "/{namespace:seg}/follow", *(shelf + it for it in forms)]
    for act in acts:
        rows.append(Call("POST", act, Need.NOTHING, refused))
    return rows


FILES = "%s{namespace:seg}/{name:seg}/%s/{rev:seg}/{path:rest}"

TABLE = [
    # Everybody, and no questions asked
    Call("GET", "/healthz", Need.NOTHING),
    Call("GET", "/readyz", Need.NOTHING),
    Call("GET HEAD", "/api/openapi.json", Need.NOTHING),
    Call("GET HEAD", "/api/docs", Need.NOTHING),
    Call("GET HEAD", "/api/docs/{asset:seg}", Need.NOTHING),
    Call("GET", "/api/agent-harnesses", Need.NOTHING),
    Call("HEAD", "/api/telemetry/{topic:rest}", Need.NOTHING),
    Call("POST", "/v1/telemetry", Need.NOTHING),
    Call("POST", "/api/validate-yaml", Need.NOTHING, json={"content": "# A card"}),
    Call("GET", "/api/organizations/{name:seg}/members", Need.VALID, params=ORG),
    Call("GET", "/api/{kind:kind}-tags-by-type", Need.VALID),
    Call("POST", "/oauth/device", Need.NOTHING, content=b"client_id=x", media=FORM),
    Call("POST", "/oauth/token", Need.NOTHING, (400, None), content=b"", media=FORM),
    Call("GET HEAD", "/", Need.NOTHING),
    Call("GET HEAD", "/static/{asset:seg}", Need.NOTHING, (404, "EntryNotFound")),
    Call("GET HEAD", "/{kind:kind}", Need.NOTHING),
    Call("GET HEAD", "/pulse", Need.NOTHING),
    Call("GET HEAD", "/pulse/weekly", Need.NOTHING),
    Call("GET HEAD", "/pulse/weekly/{source:seg}/{until:seg}", Need.NOTHING, (404, None)),
    Call("GET HEAD", "/pulse/state", Need.NOTHING),
    Call("GET HEAD", "/pulse/state/{source:seg}/{until:seg}", Need.NOTHING, (404, None)),
    Call("GET HEAD", "/pulse/metrics", Need.NOTHING),
    Call("GET HEAD", "/pulse/metrics/{name:seg}", Need.NOTHING, params=GINI),
    Call("GET HEAD", "/pulse/metrics/{name:seg}/feed.atom", Need.NOTHING, (404, None), params=GINI),
    Call("GET HEAD", "/pulse/metrics/{name:seg}/chart.svg", Need.NOTHING, (404, None), params=GINI),
    Call("GET HEAD", "/pulse/claims", Need.NOTHING),
    Call("GET POST PUT PATCH DELETE HEAD", "/api/{rest:rest}", Need.NOTHING, MISSING_ROUTE),
    # Everybody, but no bad token
    Call("GET", "/metrics", Need.VALID),  # the tests call from this machine
    Call("GET", "/api/{kind:kind}", Need.VALID),
    Call("GET", "/api/{kind:kind}/facets", Need.VALID),
    Call("GET", "/api/quicksearch", Need.VALID),
    Call("GET", "/api/users/{name:seg}/overview", Need.VALID, params=USER),
    Call("GET", "/api/users/{name:seg}/likes", Need.VALID, params=USER),
    Call("GET", "/api/organizations/{name:seg}/overview", Need.VALID, params=ORG),
    Call("GET", "/api/users/{name:seg}/followers", Need.VALID, params=USER),
    Call("GET", "/api/users/{name:seg}/following", Need.VALID, params=USER),
    Call("GET", "/api/organizations/{name:seg}/followers", Need.VALID, params=ORG),
    Call("GET", "/api/collections", Need.VALID),
    Call("GET", COLLECTION, Need.VALID, NO_COLLECTION),
    Call("GET", "/api/pulse/trending", Need.VALID, NOTHING_INGESTED),
    Call("GET", "/api/pulse/metrics", Need.VALID),
    Call("GET", "/api/pulse/metrics/{name:seg}", Need.VALID, NOTHING_INGESTED, params=GINI),
    Call("GET", "/api/pulse/claims", Need.VALID),
    Call("GET", "/api/pulse/sources", Need.VALID),
    Call("GET", "/api/pulse/reports", Need.VALID),
    Call("GET", "/api/pulse/weekly.atom", Need.VALID),
    Call(
        "GET",
        "/api/pulse/reports/{kind:seg}/{source:seg}/{until:seg}/{lang:seg}/{file:seg}",
        Need.VALID,
        (404, None),
        params={"kind": "weekly", "source": "own", "until": "2026-05-17", "lang": "en"},
    ),
    Call("POST", "/mcp", Need.VALID, json=LIST_TOOLS),
    Call("GET HEAD DELETE", "/mcp", Need.NOTHING, (405, None)),
    # Oneself
    Call("GET", "/api/whoami-v2", Need.LOGIN),
    Call("GET", "/api/settings/repositories", Need.LOGIN),
    Call("GET", "/api/organizations/{name:seg}/settings/repositories", Need.LOGIN, params=ORG),
    Call("GET", "/api/settings/audit-log", Need.LOGIN),
    Call("GET", "/api/organizations/{name:seg}/audit-log", Need.CHIEF, params=ORG),
    Call("GET", "/api/audit", Need.ROOT),
    # By a token that writes; whose a collection is, tests/community/test_collections.py asks
    Call("POST DELETE", "/api/users/{name:seg}/follow", Need.SPEAKS, params={"name": "bob"}),
    Call("POST DELETE", "/api/organizations/{name:seg}/follow", Need.SPEAKS, params=ORG),
    Call("POST DELETE", COLLECTION + "/upvote", Need.SPEAKS, NO_COLLECTION),
    Call("POST", "/api/collections", Need.SPEAKS, json={"title": "Things {n}"}),
    Call("PATCH DELETE", COLLECTION, Need.VALID, NO_COLLECTION, json={}),
    Call("POST", COLLECTION + "/items", Need.VALID, NO_COLLECTION, json=THING),
    Call("PATCH DELETE", COLLECTION + "/items/{item:seg}", Need.VALID, NO_COLLECTION, json={}),
    Call("GET", HOOKS, Need.LOGIN),
    Call("POST", HOOKS, Need.SPEAKS, (400, None), json={"url": "", "watched": []}),
    Call("GET", HOOK, Need.LOGIN, NO_HOOK),
    Call("POST", HOOK, Need.SPEAKS, NO_HOOK, json={}),
    Call("POST", HOOK + "/enable", Need.SPEAKS, NO_HOOK),
    Call("POST", HOOK + "/disable", Need.SPEAKS, NO_HOOK),
    Call("DELETE", HOOK, Need.SPEAKS, NO_HOOK),
    Call("GET", SENT, Need.LOGIN, NO_HOOK),
    Call("GET", SENT + "/{delivery:seg}", Need.LOGIN, NO_HOOK),
    Call("POST", SENT + "/{delivery:seg}/replay", Need.SPEAKS, NO_HOOK),
    # What a gated repo shows
    Call("GET", REPO, Need.METADATA),
    Call("GET", REPO + "/revision/{rev:seg}", Need.METADATA),
    Call("GET", REPO + "/tree/{rev:seg}", Need.METADATA),
    Call("GET", REPO + "/tree/{rev:seg}/{folder:rest}", Need.METADATA),
    Call("POST", REPO + "/paths-info/{rev:seg}", Need.METADATA, json={"paths": ["a"]}),
    Call("GET", REPO + "/refs", Need.METADATA),
    Call("GET", REPO + "/commits/{rev:seg}", Need.METADATA),
    Call("GET", REPO + "/likers", Need.METADATA),
    Call("POST", REPO + "/like", Need.LIKE),
    Call("DELETE", REPO + "/like", Need.LIKE),
    # File contents
    Call("GET", REPO + "/auth-check", Need.READ),
    Call("GET", REPO + "/xet-read-token/{rev:seg}", Need.READ),
    Call("GET HEAD", FILES % ("/", "resolve"), Need.READ),
    Call("GET HEAD", FILES % ("/", "raw"), Need.READ),
    Call("GET HEAD", FILES % ("/{kind:kind}/", "resolve"), Need.READ),
    Call("GET HEAD", FILES % ("/{kind:kind}/", "raw"), Need.READ),
    Call("GET", REPO + "/safetensors-metadata/{path:rest}", Need.READ, NO_ENTRY, params=NO_INDEX),
    Call("GET HEAD", IMAGES + "/manifests/{tag:seg}", Need.READ, (404, None)),
    Call("GET HEAD", IMAGES + "/blobs/{digest:seg}", Need.READ, (404, None)),
    # Talking
    Call("GET", REPO + "/discussions", Need.READ),
    Call("POST", REPO + "/discussions", Need.PROPOSE, json={"title": "Hello"}),
    Call("GET", TALK, Need.READ, NO_TALK),
    Call("POST", TALK + "/comment", Need.PROPOSE, NO_TALK, json={"comment": "Hello"}),
    Call(
        "POST", TALK + "/comment/{comment:seg}/edit", Need.PROPOSE, NO_TALK, json={"content": "x"}
    ),
    Call("POST", TALK + "/comment/{comment:seg}/hide", Need.PROPOSE, NO_TALK),
    Call("POST", TALK + "/title", Need.PROPOSE, NO_TALK, json={"title": "Other"}),
    Call("POST", TALK + "/status", Need.PROPOSE, NO_TALK, json={"status": "closed"}),
    Call("POST", TALK + "/merge", Need.WRITE, NO_TALK),
    # Writing
    Call("GET", REPO + "/auth-check/write", Need.WRITE),
    Call("GET", REPO + "/xet-write-token/{rev:seg}", Need.WRITE),
    Call("POST", REPO + "/preupload/{rev:seg}", Need.WRITE, json=OFFER),
    Call("POST", REPO + "/commit/{rev:seg}", Need.WRITE, content=COMMIT),
    Call("POST", REPO + "/branch/{branch:rest}", Need.WRITE, json={}, params=NEW_BRANCH),
    Call("DELETE", REPO + "/branch/{branch:rest}", Need.WRITE, NO_SUCH_REF),
    Call("POST", REPO + "/tag/{rev:seg}", Need.WRITE, json={"tag": "tag{n}"}),
    Call("DELETE", REPO + "/tag/{tag:rest}", Need.WRITE, NO_SUCH_REF),
    Call("POST", REPO + "/super-squash/{rev:seg}", Need.WRITE, json={"message": "one"}),
    *git_rows(),
    Call("POST", GIT + "/objects/batch", Need.PROPOSE, json=LFS_UPLOAD),
    Call("POST", GIT_OF_KIND + "/objects/batch", Need.PROPOSE, json=LFS_UPLOAD),
    Call("POST", GIT + "/objects/batch", Need.READ, json=LFS_DOWNLOAD),
    Call("POST", GIT_OF_KIND + "/objects/batch", Need.READ, json=LFS_DOWNLOAD),
    Call("POST", GIT + "/verify", Need.PROPOSE, (404, None), json=LFS_OBJECT),
    Call("POST", GIT_OF_KIND + "/verify", Need.PROPOSE, (404, None), json=LFS_OBJECT),
    # Gates
    Call("POST", "/{namespace:seg}/{name:seg}/ask-access", Need.LIKE, json={"Why": "To see"}),
    Call("POST", "/{kind:kind}/{namespace:seg}/{name:seg}/ask-access", Need.LIKE),
    Call("GET", REQUESTS, Need.KNOWN),
    Call("GET", REQUESTS + "/{status:seg}", Need.ADMIN, ungated=NO_GATE, params=PENDING),
    Call(
        "POST",
        REQUESTS + "/handle",
        Need.ADMIN,
        (404, None),
        ungated=NO_GATE,
        json={"user": "nobody{n}", "status": "accepted"},
    ),
    Call(
        "POST",
        REQUESTS + "/grant",
        Need.ADMIN,
        (404, None),
        ungated=NO_GATE,
        json={"user": "nobody{n}"},
    ),
    Call("GET", REPO + "/lfs-files", Need.WRITE),
    Call("POST", REPO + "/lfs-files/duplicate", Need.PROPOSE, json=COPIED),
    # Owning
    Call("POST", REPO + "/duplicate", Need.COPY, json={"repository": "{namespace}/copy{n}"}),
    Call("POST", REPO + "/lfs-files/batch", Need.ADMIN, (404, None), json=DELETED),
    Call("PUT", REPO + "/settings", Need.ADMIN, json={}),
    Call("DELETE", "/api/repos/delete", Need.ADMIN, json=NAMED, fresh=True),
    Call(
        "POST",
        "/api/repos/move",
        Need.ADMIN,
        json={
            "fromRepo": "{namespace}/{name}",
            "toRepo": "{namespace}/moved{n}",
            "type": "{type}",
        },
        fresh=True,
    ),
    Call(
        "POST",
        "/api/repos/create",
        Need.CREATE,
        json={"name": "{namespace}/made{n}", "type": "{type}"},
    ),
    # Pages
    *session_rows(),
    *look_rows(),
    *talk_rows(),
    *people_rows(),
    Call("GET HEAD", "/{namespace:seg}/{name:seg}", Need.PAGE),
    Call("GET HEAD", "/{kind:kind}/{namespace:seg}/{name:seg}", Need.PAGE),
    Call("GET HEAD", "/{name:seg}/resolve/{rev:seg}/{path:rest}", Need.MISSING, NO_REPO),
    Call("GET HEAD", "/{name:seg}/raw/{rev:seg}/{path:rest}", Need.MISSING, NO_REPO),
    # Bytes: a signature in the URL, or a token of the store
    Call("GET HEAD PUT POST", "/lfs/objects/{oid:seg}", Need.NOTHING, NO_SIGNATURE),
    Call("PUT", "/lfs/objects/{oid:seg}/{part:seg}", Need.NOTHING, NO_SIGNATURE),
    Call("GET HEAD", "/cas/{generation:seg}/xorb-data/{hash:seg}", Need.NOTHING, NO_SIGNATURE),
    *(
        Call(methods, "/cas/{generation:seg}" + path, Need.STORE, WRONG_TOKEN)
        for methods, path in [
            ("GET HEAD", "/v1/chunks/{prefix:seg}/{hash:seg}"),
            ("POST", "/v1/xorb-grants/{prefix:seg}/{hash:seg}"),
            ("POST", "/v1/xorbs/{prefix:seg}/{hash:seg}"),
            ("POST", "/v1/shards"),
            ("POST", "/v2/shards"),
            ("GET HEAD", "/{version:seg}/reconstructions/{file:seg}"),
        ]
    ),
]
