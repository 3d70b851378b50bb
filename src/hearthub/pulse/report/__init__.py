"""Reports: pages of sentences, tables and charts in which every number is a row of a metric."""

from hearthub.pulse.report.making import KINDS, make_report
from hearthub.pulse.report.verifying import Difference, verify_report
from hearthub.pulse.report.writing import headline_of, title_of, to_json, write_report

__all__ = [
    "KINDS",
    "Difference",
    "headline_of",
    "make_report",
    "title_of",
    "to_json",
    "verify_report",
    "write_report",
]
