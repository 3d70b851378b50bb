from pathlib import Path

import pytest

from hearthub.errors import BadRequest, NotFound
from hearthub.lake import Lake
from hearthub.pulse.universe import parse_universe
from pulse.histories import Told, write


def test_the_only_source_is_meant(lake: Lake, tmp_path: Path) -> None:
    write(lake, [Told("a/x", d_all=[1])], tmp_path, source="radar")
    with lake.reading() as session:
        assert str(parse_universe("model", session)) == "model@radar/all"
        assert str(parse_universe("model/active", session)) == "model@radar/active"
        assert str(parse_universe("model@radar/recent-90", session)) == "model@radar/recent-90"


def test_of_several_sources_the_newest_is_meant_and_this_hub_last(
    lake: Lake, tmp_path: Path
) -> None:
    write(lake, [Told("a/x", d_all=[1] * 9)], tmp_path, source="own")
    with lake.reading() as session:
        assert parse_universe("model", session).source == "own"
    for source, days in (("radar", 3), ("dump", 2)):
        write(lake, [Told("a/x", d_all=[1] * days)], tmp_path, source=source)
    with lake.reading() as session:
        assert parse_universe("model", session).source == "radar"
        with pytest.raises(NotFound, match="'web'"):
            parse_universe("model@web", session)


def test_an_empty_lake_says_so(lake: Lake) -> None:
    with lake.reading() as session, pytest.raises(NotFound, match="nothing was ingested"):
        parse_universe("model", session)


@pytest.mark.parametrize(
    "text", ["", "models", "model@", "model/none", "model@a b", "model@x'--", "model@../x", "@own"]
)
def test_what_is_no_universe(lake: Lake, text: str) -> None:
    with lake.reading() as session, pytest.raises(BadRequest, match="A universe is"):
        parse_universe(text, session)
