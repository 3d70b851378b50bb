"""What is inside a model, which hardware it fits, and how to run it, from its metadata alone.

What is named here is imported when it is first asked for: a sandbox worker reads one header, and
has no use for HTTP clients and tables of hardware.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearthub.fit.comparison import Column, column_texts, columns_csv, columns_markdown
    from hearthub.fit.derivatives import Option
    from hearthub.fit.fit import Fit
    from hearthub.fit.guesses import Known, of_observed
    from hearthub.fit.hardware import Hardware, detect, find_hardware, hardware_catalogue
    from hearthub.fit.identity import Identity
    from hearthub.fit.kept import HEADER_VERSION, Header, KeptReader
    from hearthub.fit.lineage import RELATIONS, relation
    from hearthub.fit.memory import Memory
    from hearthub.fit.model import Model
    from hearthub.fit.names import NameFacts, parse_name
    from hearthub.fit.ollama import Images, Layer
    from hearthub.fit.placing import Placed
    from hearthub.fit.report import Report
    from hearthub.fit.shards import shard_headers
    from hearthub.fit.sizes import curated_of
    from hearthub.fit.speed import Speed
    from hearthub.fit.summary import APPS, Summary
    from hearthub.fit.tasks import task_of_config, task_of_library
    from hearthub.fit.wanted import Wanted, hardware_named, most_that_fits
    from hearthub.fit.weighing import read_weights
    from hearthub.fit.wire import column_json, placed_json, report_json

__all__ = [
    "APPS",
    "HEADER_VERSION",
    "RELATIONS",
    "Column",
    "Fit",
    "Hardware",
    "Header",
    "Identity",
    "Images",
    "KeptReader",
    "Known",
    "Layer",
    "Memory",
    "Model",
    "NameFacts",
    "Option",
    "Placed",
    "Report",
    "Speed",
    "Summary",
    "Wanted",
    "column_json",
    "column_texts",
    "columns_csv",
    "columns_markdown",
    "curated_of",
    "detect",
    "find_hardware",
    "hardware_catalogue",
    "hardware_named",
    "most_that_fits",
    "of_observed",
    "parse_name",
    "placed_json",
    "read_weights",
    "relation",
    "report_json",
    "shard_headers",
    "task_of_config",
    "task_of_library",
]

_HOMES = {
    "APPS": "summary",
    "HEADER_VERSION": "kept",
    "RELATIONS": "lineage",
    "Header": "kept",
    "KeptReader": "kept",
    "Known": "guesses",
    "Summary": "summary",
    "most_that_fits": "wanted",
    "of_observed": "guesses",
    "read_weights": "weighing",
    "shard_headers": "shards",
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
