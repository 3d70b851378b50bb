"""Rows of pages: whoever sends a token to one is a stranger, since pages know sessions alone."""

from access.words import NO_COLLECTION, NO_REPO, ORG, SPACE, Call, Need


def session_rows() -> list[Call]:
    """Pages for whoever is logged in. A token is no session: whoever sends one is a stranger."""
    login, refused = (303, None), (401, None)
    rows = [
        Call("GET HEAD", "/login", Need.NOTHING),
        Call("GET HEAD", "/signup", Need.NOTHING, (404, None)),  # off by default
        Call("GET HEAD", "/login/sso", Need.NOTHING, (404, None)),  # so is this
        Call("GET HEAD", "/login/sso/callback", Need.NOTHING, (404, None)),
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
    acts += ["sign-ins", "sign-ins/unlink"]
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
    logs = ("/admin/audit-log", "/admin/audit-log.csv")
    for path in ("/admin", "/admin/users", "/admin/jobs", "/admin/storage", *logs):
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


def talk_rows() -> list[Call]:
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


def look_rows() -> list[Call]:
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
        # By a pass that the space's page made, whatever else is sent.
        Call("GET HEAD", f"{SPACE}/pass/{{pass:seg}}/{{path:rest}}", Need.MISSING, NO_REPO),
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


def people_rows() -> list[Call]:
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
