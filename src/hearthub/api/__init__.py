"""JSON and byte routes, one file per endpoint family."""

from hearthub.api import (
    agents,
    auth,
    cas,
    commit,
    discussions,
    docs,
    fallback,
    git,
    health,
    info,
    lfs,
    lfs_files,
    lfs_locks,
    lists,
    oauth,
    ollama,
    people,
    pulse,
    pulse_reports,
    refs,
    repos,
    resolve,
    safetensors,
    tree,
    webhooks,
    xet_tokens,
)

routers = [
    health.router,
    auth.router,
    oauth.router,
    people.router,
    repos.router,
    refs.router,
    lfs_files.router,
    tree.router,
    commit.router,
    discussions.router,
    webhooks.router,
    xet_tokens.router,
    lists.router,
    info.router,
    safetensors.router,
    pulse.router,
    pulse_reports.router,
]
# Routes are tried in turn, a microsecond each: bytes come before the routers, and what knows how a
# missing repo must look comes last.
byte_routes = [
    *resolve.routes(),
    *cas.routes,
    *lfs.routes,
    *lfs_locks.routes,
    *git.routes,
    *ollama.routes,
]
routes = [*docs.routes, *agents.routes, *fallback.routes]
