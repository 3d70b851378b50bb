"""Real data instead of the made-up year: files of the folder that HEARTHUB_DATA_KIT names.

They stay where they are. Each map says under which licence the file was published and by whom.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hearthub.errors import BadRequest


@dataclass(frozen=True)
class Real:
    path: str
    """In the kit."""
    kind: str
    source: str
    licence: str
    attribution: str
    columns: str = ""
    """`ours=theirs`; where only one is named, both are called so."""
    is_redistributable: bool = True
    """Else the demo leaves it alone: what it shows, anybody may copy."""

    def map(self) -> str:
        pairs = (pair.partition("=") for pair in self.columns.split())
        listed = "".join(f'{ours} = "{theirs or ours}"\n' for ours, _, theirs in pairs)
        return (
            f'source = "{self.source}"\nlicence = "{self.licence}"\n'
            f'attribution = "{self.attribution}"\norigin = "huggingface.co"\n'
            "redistributable = true\n[columns]\n" + listed
        )


REAL = (
    Real(
        "dome_transformersjs/daily_panel.parquet", "panel", "dome", "MIT",
        "do-me/trending-huggingface-models",
        "id author modified_at=lastModified observed_at=snapshot_date downloads_30d=downloads "
        "likes parameters=numParameters pipeline_tag gated",
    ),
    Real(
        "hub_stats_frozen/hub_stats_frozen.parquet", "hub-stats", "hub-stats", "Apache-2.0",
        "hub-stats by cfahlgren1, from the Hugging Face Hub",
    ),
    Real(
        "radar/models_latest.parquet", "panel", "radar", "CC-BY-4.0", "HF//RADAR",
        "id author created_at modified_at=updated_at observed_at=last_snapshot_at downloads_30d "
        "likes trending=trending_score parameters base_model license pipeline_tag library tags "
        "languages formats gated removed",
    ),
)  # fmt: skip


def shown(kit: Path) -> Iterator[Real]:
    """What may be passed on. Raises BadRequest for a folder that lacks one of the files."""
    for real in REAL:
        if not (kit / real.path).is_file():
            raise BadRequest(f"HEARTHUB_DATA_KIT: {kit} has no {real.path}")
        if real.is_redistributable:
            yield real
