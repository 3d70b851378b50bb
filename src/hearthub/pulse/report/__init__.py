"""Reports: pages of sentences, tables and charts in which every number is a row of a metric."""

from hearthub.pulse.report.making import KINDS, make_report
from hearthub.pulse.report.verifying import Difference, verify_report
from hearthub.pulse.report.writing import write_report

__all__ = ["KINDS", "Difference", "make_report", "verify_report", "write_report"]
