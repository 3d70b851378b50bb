"""JSON and byte routes, one file per endpoint family."""

from hearthub.api import (
    auth,
    cas,
    commit,
    docs,
    fallback,
    health,
    info,
    lfs,
    people,
    refs,
    repos,
    resolve,
    tree,
    xet_tokens,
)

routers = [
    health.router,
    auth.router,
    people.router,
    repos.router,
    refs.router,
    tree.router,
    commit.router,
    xet_tokens.router,
    info.router,
]
# The fallback comes last: it knows what a missing repo must look like.
routes = [*docs.routes, *cas.routes, *lfs.routes, *resolve.routes(), *fallback.routes]
