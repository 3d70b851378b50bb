"""The observatory: history of hubs, metrics over it, trending, reports and claims.

What is named here is imported when it is first asked for: DuckDB takes a while.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearthub.pulse.asked import Found
    from hearthub.pulse.cells import cell, table_csv
    from hearthub.pulse.charts import THEMES, Charts, Drawing
    from hearthub.pulse.claims import Claim, Verdict, judge_claims, known_claims
    from hearthub.pulse.facts import licence_class
    from hearthub.pulse.ingest import Ingested
    from hearthub.pulse.kept import KINDS, LANGUAGES, KeptReport
    from hearthub.pulse.measures import Measured, Measures, known_metrics, measure, measure_all
    from hearthub.pulse.metric import COLUMNS as METRIC_COLUMNS
    from hearthub.pulse.metric import Metric, MetricRow
    from hearthub.pulse.metrics.trending import SORTS
    from hearthub.pulse.origins import Origin, known_origins
    from hearthub.pulse.pulse import Pulse
    from hearthub.pulse.ranking import Riser
    from hearthub.pulse.repo_history import Told
    from hearthub.pulse.report import make_report, verify_report, write_report
    from hearthub.pulse.report.markdown import exact
    from hearthub.pulse.report.plotting import class_text, plot, value_text
    from hearthub.pulse.report.reading import rendering_of
    from hearthub.pulse.report.rendering import Rendering
    from hearthub.pulse.report.speech import Speech, speech_in
    from hearthub.pulse.schema import TABLES
    from hearthub.pulse.sharing import closed_among, names_repos, require_shareable
    from hearthub.pulse.trending import COLUMNS as TRENDING_COLUMNS
    from hearthub.pulse.trending import Trending, Trends
    from hearthub.pulse.universe import FILTERS

__all__ = [
    "FILTERS",
    "KINDS",
    "LANGUAGES",
    "METRIC_COLUMNS",
    "SORTS",
    "TABLES",
    "THEMES",
    "TRENDING_COLUMNS",
    "Charts",
    "Claim",
    "Drawing",
    "Found",
    "Ingested",
    "KeptReport",
    "Measured",
    "Measures",
    "Metric",
    "MetricRow",
    "Origin",
    "Pulse",
    "Rendering",
    "Riser",
    "Speech",
    "Told",
    "Trending",
    "Trends",
    "Verdict",
    "cell",
    "class_text",
    "closed_among",
    "exact",
    "judge_claims",
    "known_claims",
    "known_metrics",
    "known_origins",
    "licence_class",
    "make_report",
    "measure",
    "measure_all",
    "names_repos",
    "plot",
    "rendering_of",
    "require_shareable",
    "speech_in",
    "table_csv",
    "value_text",
    "verify_report",
    "write_report",
]

_HOMES = {
    "Told": "repo_history",
    "licence_class": "facts",
    "FILTERS": "universe",
    "SORTS": "metrics.trending",
    "Rendering": "report.rendering",
    "class_text": "report.plotting",
    "exact": "report.markdown",
    "plot": "report.plotting",
    "rendering_of": "report.reading",
    "value_text": "report.plotting",
    "KINDS": "kept",
    "LANGUAGES": "kept",
    "KeptReport": "kept",
    "Origin": "origins",
    "Charts": "charts",
    "THEMES": "charts",
    "Drawing": "charts",
    "Found": "asked",
    "Claim": "claims.claims",
    "Verdict": "claims.claims",
    "Speech": "report.speech",
    "speech_in": "report.speech",
    "cell": "cells",
    "table_csv": "cells",
    "judge_claims": "claims.claims",
    "known_claims": "claims.claims",
    "make_report": "report.making",
    "verify_report": "report.verifying",
    "write_report": "report.writing",
    "TABLES": "schema",
    "TRENDING_COLUMNS": "trending",
    "Ingested": "ingest",
    "Measured": "measures",
    "Measures": "measures",
    "Metric": "metric",
    "METRIC_COLUMNS": "metric",
    "MetricRow": "metric",
    "Pulse": "pulse",
    "Riser": "ranking",
    "Trending": "trending",
    "Trends": "trending",
    "known_metrics": "measures",
    "known_origins": "origins",
    "closed_among": "sharing",
    "names_repos": "sharing",
    "require_shareable": "sharing",
    "measure": "measures",
    "measure_all": "measures",
}

_NAMES = {"METRIC_COLUMNS": "COLUMNS", "TRENDING_COLUMNS": "COLUMNS"}
"""What is called otherwise in its module."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"hearthub.pulse has no {name}")
    return getattr(import_module(f"hearthub.pulse.{_HOMES[name]}"), _NAMES.get(name, name))
