"""Every page, by its address; all work without JavaScript."""

from hearthub.web import (
    assets,
    blob,
    branches,
    commits,
    compare,
    entering,
    file_bytes,
    fit_pages,
    home,
    lists,
    pulse_claims,
    pulse_metrics,
    pulse_reports,
    pulse_trending,
    tree,
)
from hearthub.web import repo as repo_page

# A repo's address fits nearly any other, so it comes last.
routes = [
    *home.routes,
    *assets.routes,
    *entering.routes,
    *lists.routes,
    *fit_pages.routes,
    *compare.routes,
    *pulse_trending.routes,
    *pulse_reports.routes,
    *pulse_metrics.routes,
    *pulse_claims.routes,
    *tree.routes,
    *blob.routes,
    *commits.routes,
    *branches.routes,
    *file_bytes.routes,
    *repo_page.routes,
]
