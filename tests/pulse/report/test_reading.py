"""A report that was written is read again as it was; what is no such report is refused."""

import orjson
import pytest

from hearthub.errors import Unavailable
from hearthub.lake import Lake
from hearthub.pulse import make_report, rendering_of
from hearthub.pulse.report.rendering import Rendering
from hearthub.pulse.report.sentences import LANGUAGES, words
from hearthub.pulse.report.writing import to_json


@pytest.mark.parametrize("kind", ["weekly", "state"])
def test_it_comes_back(planted: Lake, kind: str) -> None:
    report = make_report(planted, kind)
    content = orjson.dumps(to_json(report))
    for language in LANGUAGES:
        found = rendering_of(content, language)
        assert found.report == report
        assert list(found.sections()) == list(Rendering(report, words(language)).sections())
    assert orjson.dumps(to_json(found.report)) == content


@pytest.mark.parametrize("change", ["format", "sections", "sentence", "slots", "number"])
def test_one_of_another_version_is_refused(planted: Lake, change: str) -> None:
    told = to_json(make_report(planted, "weekly"))
    block = next(it for it in told["sections"][0]["blocks"] if it.get("slots"))
    if change == "format":
        told["format"] = 99
    elif change == "sections":
        del told["sections"]
    elif change == "sentence":
        block["sentence"] = "said.nowhere"
    elif change == "slots":
        block["slots"] = {}
    else:
        told["numbers"] = {}
    with pytest.raises(Unavailable, match="another version"):
        rendering_of(orjson.dumps(told), "en")


def test_what_is_no_report(planted: Lake) -> None:
    for content in (b"", b"[]", b"{}", b'{"format": 1}', b"null"):
        with pytest.raises(Unavailable):
            rendering_of(content, "en")
