"""What is inside a model, which hardware it fits, and how to run it, from its metadata alone.

What is named here is imported when it is first asked for: a sandbox worker reads one header, and
has no use for HTTP clients and tables of hardware.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearthub.fit.commands import ENGINES, Command
    from hearthub.fit.comparison import (
        Column,
        column_of_summary,
        column_texts,
        columns_csv,
        columns_markdown,
        gib,
    )
    from hearthub.fit.derivatives import Option
    from hearthub.fit.evaluations import Evaluation, evaluations_of
    from hearthub.fit.fit import Fit
    from hearthub.fit.guesses import Known, of_observed
    from hearthub.fit.hardware import (
        Hardware,
        custom_hardware,
        detect,
        find_hardware,
        hardware_catalogue,
    )
    from hearthub.fit.header_pages import HeaderPage
    from hearthub.fit.hosted import has_header, header_page
    from hearthub.fit.identity import Identity
    from hearthub.fit.kept import HEADER_VERSION, Header, KeptReader
    from hearthub.fit.kept_models import kept_model
    from hearthub.fit.lineage import RELATIONS, Edge, Licence, relation
    from hearthub.fit.memory import Memory
    from hearthub.fit.model import Model
    from hearthub.fit.names import NameFacts, parse_name
    from hearthub.fit.ollama import Images, Layer
    from hearthub.fit.placing import Placed
    from hearthub.fit.quantised import Cell, Quantised, fitting
    from hearthub.fit.report import Report
    from hearthub.fit.shards import shard_headers
    from hearthub.fit.sizes import curated_of
    from hearthub.fit.speed import Speed
    from hearthub.fit.summary import APPS, Summary
    from hearthub.fit.tasks import task_of_config, task_of_library
    from hearthub.fit.verdicts import FITS_SHARE, Verdict, judge
    from hearthub.fit.wanted import Wanted, hardware_named, most_that_fits, room_of
    from hearthub.fit.weighing import read_weights
    from hearthub.fit.wire import column_json, placed_json, report_json

__all__ = [
    "APPS",
    "ENGINES",
    "FITS_SHARE",
    "HEADER_VERSION",
    "RELATIONS",
    "Cell",
    "Column",
    "Command",
    "Edge",
    "Evaluation",
    "Fit",
    "Hardware",
    "Header",
    "HeaderPage",
    "Identity",
    "Images",
    "KeptReader",
    "Known",
    "Layer",
    "Licence",
    "Memory",
    "Model",
    "NameFacts",
    "Option",
    "Placed",
    "Quantised",
    "Report",
    "Speed",
    "Summary",
    "Verdict",
    "Wanted",
    "column_json",
    "column_of_summary",
    "column_texts",
    "columns_csv",
    "columns_markdown",
    "curated_of",
    "custom_hardware",
    "detect",
    "evaluations_of",
    "find_hardware",
    "fitting",
    "gib",
    "hardware_catalogue",
    "hardware_named",
    "has_header",
    "header_page",
    "judge",
    "kept_model",
    "most_that_fits",
    "of_observed",
    "parse_name",
    "placed_json",
    "read_weights",
    "relation",
    "report_json",
    "room_of",
    "shard_headers",
    "task_of_config",
    "task_of_library",
]

_HOMES = {
    "room_of": "wanted",
    "column_of_summary": "comparison",
    "custom_hardware": "hardware",
    "FITS_SHARE": "verdicts",
    "judge": "verdicts",
    "Verdict": "verdicts",
    "ENGINES": "commands",
    "Command": "commands",
    "Licence": "lineage",
    "Evaluation": "evaluations",
    "evaluations_of": "evaluations",
    "Edge": "lineage",
    "kept_model": "kept_models",
    "fitting": "quantised",
    "Quantised": "quantised",
    "APPS": "summary",
    "HEADER_VERSION": "kept",
    "RELATIONS": "lineage",
    "Header": "kept",
    "HeaderPage": "header_pages",
    "has_header": "hosted",
    "header_page": "hosted",
    "KeptReader": "kept",
    "Known": "guesses",
    "Summary": "summary",
    "most_that_fits": "wanted",
    "of_observed": "guesses",
    "read_weights": "weighing",
    "shard_headers": "shards",
    "Cell": "quantised",
    "Column": "comparison",
    "Fit": "fit",
    "Hardware": "hardware",
    "Identity": "identity",
    "Images": "ollama",
    "Layer": "ollama",
    "Memory": "memory",
    "Model": "model",
    "NameFacts": "names",
    "Option": "derivatives",
    "Placed": "placing",
    "Report": "report",
    "Speed": "speed",
    "Wanted": "wanted",
    "column_json": "wire",
    "column_texts": "comparison",
    "columns_csv": "comparison",
    "columns_markdown": "comparison",
    "curated_of": "sizes",
    "detect": "hardware",
    "find_hardware": "hardware",
    "gib": "comparison",
    "hardware_catalogue": "hardware",
    "hardware_named": "wanted",
    "parse_name": "names",
    "placed_json": "wire",
    "relation": "lineage",
    "report_json": "wire",
    "task_of_config": "tasks",
    "task_of_library": "tasks",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"hearthub.fit has no {name}")
    return getattr(import_module(f"hearthub.fit.{_HOMES[name]}"), name)
