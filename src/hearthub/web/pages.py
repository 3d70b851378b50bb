"""Every page, by its address; all work without JavaScript."""

from hearthub.web import (
    assets,
    blob,
    branches,
    commits,
    editing,
    entering,
    file_bytes,
    home,
    lists,
    new_repo,
    people,
    pulse_claims,
    pulse_metrics,
    pulse_reports,
    pulse_trending,
    repo_settings,
    settings_pages,
    static_space,
    tree,
)
from hearthub.web import repo as repo_page

# The addresses of a repo and of whoever owns it fit nearly any other, so they come last.
routes = [
    *home.routes,
    *assets.routes,
    *entering.routes,
    *lists.routes,
    *pulse_trending.routes,
    *pulse_reports.routes,
    *pulse_metrics.routes,
    *pulse_claims.routes,
    *settings_pages.routes,
    *new_repo.routes,
    *tree.routes,
    *blob.routes,
    *commits.routes,
    *branches.routes,
    *file_bytes.routes,
    *static_space.routes,
    *repo_settings.routes,
    *editing.routes,
    *repo_page.routes,
    *people.routes,
]
