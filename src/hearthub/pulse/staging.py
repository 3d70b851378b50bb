"""What came, staged: one Parquet file of rows brought into bounds, and a narrow table of those that
can be believed. Only the file has texts, so that memory does not grow with the source.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hearthub.lake import Session
from hearthub.pulse.schema import STATE
from hearthub.pulse.sources.incoming import Incoming
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.statements import sql_text

MOST = 2**53
"""Of a counter: no hub counts as far, and sums of thousands of them stay exact."""
MOST_PARAMETERS = 10**17
"""As stated: the public hub has a header of 2 * 10^16, and what is stated is told as such. Sizes
that are believed end far below (facts/sizes.py)."""
RELATION_TAG = r"'^base_model:(finetune|adapter|merge|quantized):'"
FORMATS = "safetensors gguf mlx onnx diffusers openvino coreml tflite".split()
# ISO 639-1 in full. Tags of models have languages without a prefix.
LANGUAGES = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu
cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu
hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li
ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi
pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk
tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu""".split()
DESCRIBED = tuple(name for name, _ in STATE.columns if name not in ("repo_id", "at", "digest"))
COUNTER_DIGEST = "hash(d30, d_all, likes, trending)"


Reject = tuple[str, str, int]
"""(reason, example, number)."""


@dataclass
class Staged:
    file: Path
    twice: int = 0
    """Rows of the same repo and time that say something else."""
    conflicts: int = 0
    """Observations of a time of which another snapshot says something else."""
    conflict: str = ""
    """The first of them."""
    broken: list[Reject] = field(default_factory=list)

    def rejects(self, session: Session, snapshot: str) -> list[Reject]:
        """All that was refused."""
        sql = sql_text("rejects", file=literal(str(self.file)))
        found = [
            (row["reason"], row["example"] or "", row["n"])
            for row in session.rows(sql, snapshot=snapshot)
        ]
        if self.twice:
            reason = "another row says something else of the repo and time"
            found.append((reason, _contradiction(session, self.file), self.twice))
        if self.conflicts:
            reason = "another snapshot says something else of the time"
            found.append((reason, self.conflict, self.conflicts))
        return found + self.broken


def stage(session: Session, incoming: Incoming, latest: datetime) -> Staged:
    """Reads the source once. Leaves the table `obs`."""
    file = session.scratch / "staged.parquet"
    session.execute(
        sql_text(
            "stage",
            file=literal(str(file)),
            relation_tag=RELATION_TAG,
            languages=literal(" ".join(LANGUAGES)),
            formats=", ".join(map(literal, FORMATS)),
            most=str(MOST),
            most_parameters=str(MOST_PARAMETERS),
            state_digest=state_digest(),
        ),
        source=incoming.source,
        latest=latest,
    )
    staged = Staged(file, broken=broken(session, incoming))
    found = session.one(
        f'select count(*) as n, count(distinct (repo_id, "at")) as once, '  # noqa: S608
        f'count(distinct (repo_id, "at", {COUNTER_DIGEST}, digest)) as different '
        f"from read_parquet({literal(str(file))}) where problem is null"
    )
    staged.twice = found["different"] - found["once"]
    once = """qualify row_number() over (partition by repo_id, "at" order by
      d_all desc nulls last, d30 desc nulls last, likes desc nulls last, digest) = 1"""
    session.execute(
        sql_text(
            "observations",
            file=literal(str(file)),
            counter_digest=COUNTER_DIGEST,
            once=once if found["n"] > found["once"] else "",
        )
    )
    return staged


def named(session: Session, file: Path, line: int) -> str:
    """A staged row as an example: its id, and which row of the source it was."""
    found = session.one(
        "select id, nth from read_parquet($file, file_row_number = true) "
        "where file_row_number = $line",
        file=str(file),
        line=line,
    )
    return _example(found["id"], "row", found["nth"])


def _contradiction(session: Session, file: Path) -> str:
    """The first rows of the same repo and time that say different things."""
    found = session.one(
        "select arg_min(id, first) as id, min(first) as first, arg_min(last, first) as last "  # noqa: S608
        "from (select any_value(id) as id, min(nth) as first, max(nth) as last "
        f'from read_parquet({literal(str(file))}) where problem is null group by repo_id, "at" '
        f"having count(distinct ({COUNTER_DIGEST}, digest)) > 1)"
    )
    rows = None if found["first"] is None else f"{found['first']} and {found['last']}"
    return _example(found["id"], "rows", rows)


def _example(name: str, what: str, where: object) -> str:
    return name[:170] if where is None else f"{name[:170]} ({what} {where})"


def broken(session: Session, incoming: Incoming) -> list[Reject]:
    """What never became a row, now that all was read."""
    if incoming.broken is None:
        return []
    sql = (
        "select reason, arg_min(example, line) as example, count(*) as n "  # noqa: S608
        f"from ({incoming.broken}) group by reason"
    )
    return [(row["reason"], row["example"] or "", row["n"]) for row in session.rows(sql)]


def state_digest() -> str:
    """Of all that a row of `state` describes; the same in every version of DuckDB."""
    texts = ", ".join(f"coalesce(cast({name} as varchar), chr(30))" for name in DESCRIBED)
    return f"md5_number_lower(concat_ws(chr(31), {texts})) >> 1"
