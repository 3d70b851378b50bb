"""How data sets grow, by what they are for."""

from dataclasses import replace
from datetime import date

from hearthub.pulse.frame import Frame
from hearthub.pulse.metric import Figure, Metric
from hearthub.pulse.universe import UNKNOWN
from hearthub.pulse.window import Window


def _growth(frame: Frame, by: str | None) -> list[Figure]:
    """Dates of creation need no counters, so the window is the one that was asked for."""
    figures = _years(frame) if by == "year" else _domains(frame)
    return [replace(figure, window=figure.window or frame.asked) for figure in figures]


def _domains(frame: Frame) -> list[Figure]:
    rows = frame.rows("dataset_growth", by="domain")
    unknown = {
        kind: sum(int(row[kind]) for row in rows if row["dimension"] == UNKNOWN)
        for kind in ("flow", "stock", "gross")
    }
    figures = []
    for row in rows:
        name = row["dimension"]
        for kind, words in (("flow", "flow"), ("stock", "stock"), ("gross", "gross flow")):
            count, total = int(row[kind]), int(row[f"all_{kind}"])
            more = 0 if name == UNKNOWN else unknown[kind]
            figures.append(
                Figure(
                    count, count, total, count, count + more, count,
                    1 - unknown[kind] / total if total else None, f"{name} / {words}",
                )
            )  # fmt: skip
        authors, flow = int(row["authors"]), int(row["flow"])
        figures += [
            Figure(authors, authors, None, n=flow, dimension=f"{name} / authors"),
            Figure(row["a_author"], None, None, n=authors, dimension=f"{name} / median per author"),
            Figure(row["most"], row["most"], flow, n=authors, dimension=f"{name} / by one author"),
        ]
    return figures


def _years(frame: Frame) -> list[Figure]:
    """Flow of each domain in each calendar year that the window touches, as printed elsewhere."""
    rows = frame.rows("dataset_growth", by="domain || ' / ' || coalesce(year, 'unknown')")
    totals: dict[str, int] = {}
    for row in rows:
        year = row["dimension"].rsplit(" / ", 1)[1]
        totals[year] = totals.get(year, 0) + int(row["flow"])
    figures = []
    for row in rows:
        domain, year = row["dimension"].rsplit(" / ", 1)
        flow = int(row["flow"])
        if not flow or not year.isdecimal():
            continue
        window = Window(
            max(date(int(year), 1, 1), frame.asked.start),
            min(date(int(year), 12, 31), frame.asked.end),
        )
        figures.append(Figure(flow, flow, totals[year], n=flow, dimension=domain, window=window))
    return sorted(figures, key=lambda f: (f.window or frame.asked, -f.n, f.dimension or ""))


METRICS = (
    Metric(
        id="dataset_growth",
        needs=("dates of creation",),
        is_of_dates=True,
        definition="Data sets by domain: flow (created in the window and still there), stock "
        "(there "
        "at its end) and gross flow (ever created in it, those removed since included)",
        unit="data sets",
        numerator="data sets of that domain",
        denominator="data sets of all domains, those of no known one included",
        edge_cases="Still there: at the newest observation, so a later one makes past flow "
        "smaller; "
        "pin the snapshot. One domain each: from facts and tasks. Gross flow knows only removals "
        "that "
        "were observed. One author may upload hundreds of nearly equal ones: see authors, the "
        "median "
        "per author and the most by one. lo and hi: with none or all of the unknown",
        reference="robotics, 1,145 in 2024 and 26,991 in 2025, are a flow by calendar year",
        compute=_growth,
        types=("dataset",),
        window="365d",
        dimensions=("domain", "year"),
    ),
)
