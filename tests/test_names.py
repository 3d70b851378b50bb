import pytest

from hearthub import names
from hearthub.errors import BadRequest


@pytest.mark.parametrize("name", ["alice", "__DUMMY_HUB_USER__", "a", "a.b", "A-1_b", "x" * 96])
def test_it_works(name):
    names.check_namespace(name)
    names.check_repo_name(name)


BAD = ["", "-a", "a-", ".a", "a.", "a--b", "a..b", "a/b", "a b", "é", "a\n", "x" * 97, "٣", "a\0"]


@pytest.mark.parametrize("name", BAD)
def test_bad_shapes_are_refused(name):
    with pytest.raises(BadRequest):
        names.check_namespace(name)
    with pytest.raises(BadRequest):
        names.check_repo_name(name)


@pytest.mark.parametrize("name", ["api", "API", "datasets", "v2", "xet", "healthz", "settings"])
def test_route_words_name_no_account_but_may_name_a_repo(name):
    with pytest.raises(BadRequest, match="reserved"):
        names.check_namespace(name)
    names.check_repo_name(name)


@pytest.mark.parametrize("name", ["bert.git", "bert.GIT", "nb.ipynb"])
def test_repo_names_keep_clear_of_suffixes_with_a_meaning(name):
    with pytest.raises(BadRequest, match="cannot end"):
        names.check_repo_name(name)


def test_split_id():
    assert names.split_id("acme/bert-base") == ("acme", "bert-base")
    for repo_id in ["bert", "a/b/c", "/b", "a/", "", "a/b.git"]:
        with pytest.raises(BadRequest):
            names.split_id(repo_id)
