"""Every page, by its address; all work without JavaScript."""

from hearthub.web import (
    assets,
    entering,
    home,
    lists,
    people,
    pulse_claims,
    pulse_metrics,
    pulse_reports,
    pulse_trending,
    settings_pages,
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
    *repo_page.routes,
    *people.routes,
]
