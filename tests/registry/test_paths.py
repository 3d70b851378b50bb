import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthub.errors import Unprocessable
from hearthub.registry.paths import clean_folder, clean_path

GOOD = [
    "a",
    "README.md",
    ".gitattributes",
    ".gitignore",
    ".github/x",
    "a/b/c.bin",
    "git",
    ".gitx",
    "x.git",
    "git~2",
    "...",
    "..a",
    "a b",
    " ",
    "é/ü",
    "100%.txt",
    "a#b?c+d&e@f",
    "日本語",
    "x" * 255,
    "a:b",
    "subtle!#?*[]",
]
BAD = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    "a/..",
    "..\\ddd",
    "a\\b",
    "a\0b",
    "a\nb",
    "a\x7f",
    ".git",
    ".GIT/config",
    "a/.Git/hooks/x",
    ".git ",
    ".git.",
    ".git . .",
    "git~1",
    "GIT~1/x",
    ".g\u200cit",
    "\ufeff.git",
    ".gi\u206ft",
    ".git::$INDEX_ALLOCATION",
    "git~1:x",
    "x" * 256,
    "é" * 128,
    "a\ud800b",
    "/".join(["x" * 200] * 21),
    "a/" * 129 + "b",
]


@pytest.mark.parametrize("path", GOOD)
def test_it_works(path):
    assert clean_path(path) == path


@pytest.mark.parametrize("path", BAD)
def test_bad_paths_are_refused(path):
    with pytest.raises(Unprocessable):
        clean_path(path)
    with pytest.raises(Unprocessable):  # alone and as somebody's folder
        clean_path(path + "/file" if path else "/file")


def test_folders():
    assert clean_folder("") == clean_folder("/") == ""
    assert clean_folder("a/b/") == clean_folder("a/b") == "a/b"
    for bad in ["a//", "//", "../", "/a/", ".git/"]:
        with pytest.raises(Unprocessable):
            clean_folder(bad)


def test_messages_survive_being_sent():
    with pytest.raises(Unprocessable) as caught:
        clean_path("a\ud800\n")
    assert str(caught.value).encode("ascii")


# Pieces close to the dangerous names, so that random paths meet the rules often.
_PIECES = st.sampled_from(
    ["/", ".", "..", "git", ".git", "GIT", "~1", " ", ":", "\\", "\u200c", "\ufeff", "a", "é"]
)


_PATHS = st.lists(_PIECES, min_size=1, max_size=6).map("".join)


@settings(max_examples=20, deadline=None)
@given(st.lists(_PATHS, min_size=50, max_size=50))
def test_what_we_let_through_git_takes(real_git, paths):
    """Everything let through is a path that git adds to an index with both protections on."""
    # A folder each, so that no path stands in another's way.
    kept = {f"{number}/{path}".encode() for number, path in enumerate(paths) if _is_clean(path)}
    blob = real_git.line("hash-object", "-w", "--stdin", stdin=b"").encode()
    lines = b"".join(b"100644 " + blob + b"\t" + path + b"\0" for path in kept)
    tell = ["-c", "core.protectHFS=true", "-c", "core.protectNTFS=true", "update-index", "--add"]
    real_git.run("read-tree", "--empty")
    real_git.run(*tell, "-z", "--index-info", stdin=lines)
    assert set(real_git.run("ls-files", "-z").split(b"\0")) - {b""} == kept


def _is_clean(path):
    try:
        clean_path(path)
    except Unprocessable:
        return False
    return True
