"""What pages ask the door of the community for, besides what the API shows."""

from pathlib import Path

from hearthub.app import open_hub
from hearthub.settings import Settings


def test_counts_and_pieces(tmp_path: Path) -> None:
    with open_hub(Settings(data=tmp_path / "data")) as hub:
        hub.accounts.add_user("ann")
        ann = hub.accounts.authenticate(hub.accounts.add_token("ann"))
        repos = [hub.registry.create(ann, "model", f"ann/{name}") for name in ("one", "other")]
        talk = hub.community.discussions
        found = talk.open(ann, repos[0], "First", "n0")
        talk.open(ann, repos[0], "Second", "", base="main", status="draft")
        talk.open(ann, repos[1], "Elsewhere", "")
        assert talk.open_count(repos[0]) == 2
        for text in ("n1", "n2"):
            talk.comment(ann, repos[0], found.num, text)
        assert talk.length(found) == 3
        some = talk.happenings(found, skip=1, limit=1)
        assert [it.data["raw"] for it in some] == ["n1"]
        talk.set_status(ann, repos[0], found.num, "closed", None)
        assert talk.open_count(repos[0]) == 1
        assert not hub.community.is_liked(ann, repos[0])
        hub.community.like(ann, repos[0])
        assert hub.community.is_liked(ann, repos[0])
        assert not hub.community.is_liked(ann, repos[1])
