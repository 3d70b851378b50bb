from pathlib import Path

from bench import pulse_reports, pulse_world
from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.sandbox import Sandbox


def test_a_report_of_a_small_one(tmp_path: Path) -> None:
    pulse_reports.alone(pulse_world.make_lake, tmp_path / "lake", 500)
    sandbox = Sandbox(1)
    lake = Lake(tmp_path / "lake", TABLES, sandbox)
    with lake.reading() as session:
        assert session.value("select count(*) from repo") == 500
    for kind in pulse_reports.GOALS_S:
        pulse_reports.make_and_write(lake, kind, sandbox)
    sandbox.close()
