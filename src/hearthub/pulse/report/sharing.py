"""What of a report may be data, if its source may not be passed on (pulse/sharing.py)."""

from dataclasses import replace

from hearthub.pulse.report.document import Block, Chart, Report, Section, Table, numbers_of
from hearthub.pulse.sharing import names_repos


def shareable(report: Report) -> Report:
    """What of a report may be data: without what is about a single repo, if it may not."""
    if report.may_be_shared:
        return report
    sections = (
        Section(section.id, tuple(it for block in section.blocks if (it := _part(block))))
        for section in report.sections
    )
    return replace(report, sections=tuple(it for it in sections if it.blocks))


def _part(block: Block) -> Block | None:
    if isinstance(block, Table):
        rows = tuple(row for row in block.rows if _is_of_many(replace(block, rows=(row,))))
        return replace(block, rows=rows) if rows else None
    return block if _is_of_many(block) else None


def _is_of_many(block: Block) -> bool:
    return not any(names_repos(it.query.metric, it.query.by) for it in numbers_of(block))


def shareable_charts(report: Report) -> list[Chart]:
    """Those whose data may be a file."""
    sections = shareable(report).sections
    return [it for section in sections for it in section.blocks if isinstance(it, Chart)]
