import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hearthub.errors import TooLarge
from hearthub.registry.attributes import DEFAULT_GITATTRIBUTES, Attributes, Ignore, upload_mode

NO_RULES = Attributes.parse("")
MEGABYTE = 2**20


@pytest.mark.parametrize(
    ("path", "size", "sample", "mode"),
    [
        ("a.txt", 10, b"text", "regular"),
        ("a.safetensors", 10, b"text", "lfs"),
        ("deep/er/model.onnx", 10, b"x", "lfs"),
        ("a.safetensors", 0, b"", "regular"),
        ("a.txt", 11 * MEGABYTE, b"text", "lfs"),
        ("a.dat", 2 * MEGABYTE, b"\0\1", "lfs"),
        ("a.dat", 2 * MEGABYTE, b"\xff\xfe\xfd\xfc", "lfs"),
        ("a.dat", 2 * MEGABYTE, b"plain", "regular"),
        ("a.dat", 100, b"\0\1", "regular"),
        ("a.dat", 2 * MEGABYTE, "a€".encode()[:-1], "regular"),
    ],
)
def test_it_works(path, size, sample, mode):
    rules = Attributes.parse(DEFAULT_GITATTRIBUTES)
    assert upload_mode(path, size, sample, rules, 10 * MEGABYTE) == mode


def test_rules_files_stay_readable_for_the_hub():
    everything = Attributes.parse("* filter=lfs")
    assert upload_mode(".gitattributes", 5, b"x", everything, MEGABYTE) == "regular"
    assert upload_mode("x", 5, b"x", everything, MEGABYTE) == "lfs"


def test_the_default_rules_mean_the_same_to_git(real_git):
    paths = [
        "a.bin",
        "x/a.bin",
        "a.txt",
        "tfevents.1",
        "saved_model/a/b",
        "saved_model",
        "a.tar.gz",
    ]
    ours = [Attributes.parse(DEFAULT_GITATTRIBUTES).is_lfs(path) for path in paths]
    assert ours == git_attributes(real_git, DEFAULT_GITATTRIBUTES, paths)
    assert ours == [True, True, False, True, True, False, True]


HOSTILE = [
    "*a" * 400 + "b",
    "**/" * 300 + "b",
    "**/*a" * 150 + "/b",
    "/" + "*" * 900 + "b",
    "x/**/" + "*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 20,
    "[" * 900,
    "[a-z]*" * 150 + "!",
    "?*" * 400 + "/",
]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_hostile_patterns_cost_little(pattern):
    path = "/".join(["a" * 200] * 20)
    started = time.process_time()
    for _ in range(5):
        assert not Ignore.parse(pattern).matches(path)
        assert not Attributes.parse(pattern + " filter=lfs").is_lfs(path)
    assert time.process_time() - started < 2


def test_many_hostile_patterns_are_stopped():
    path = "/".join(["a" * 250] * 16)
    rules = Ignore.parse(("x/**/*" + "a" * 50 + "b\n**/*" + "a" * 99 + "b/c\n") * 700)
    started = time.monotonic()
    with pytest.raises(TooLarge):
        any(rules.matches(f"{path}/{number}") for number in range(500))
    assert time.monotonic() - started < 10


def test_a_large_file_is_read_in_part():
    assert not Ignore.parse("# x\n" * 5000 + "a").matches("a")
    assert Ignore.parse("a\n" + "# x\n" * 500_000).matches("a")


# -- the real git as judge --

_PIECES = """
a b ab
* ** ? / / [ab] [!a] [^b] [a-c] [[:alpha:]] \\* [ ] \\ - []-] [a [\\]] [[:nope:]] [a-] é . # !
"""
_PIECE = st.sampled_from([*_PIECES.split(), " ", "\\ "])
_PATTERN = st.lists(_PIECE, min_size=1, max_size=6).map("".join)
_SEGMENT = st.sampled_from(["a", "b", "ab", "c", "*", "é", ".", "]", "-", "a b", "#", "aa", "!a"])
_PATH = st.lists(
    st.lists(_SEGMENT, min_size=1, max_size=2).map("".join).filter(lambda s: s not in (".", "..")),
    min_size=1,
    max_size=4,
).map("/".join)
_PATHS = st.lists(_PATH, min_size=20, max_size=20)


def sane(pattern):
    """Not `a**/b`: there git's shortcut for literal starts contradicts its own manual."""
    return "**" not in pattern or all(
        part.strip("*") == "" or "**" not in part for part in pattern.strip("!").split("/")
    )


def git_attributes(real_git, text, paths):
    (real_git.path / "info" / "attributes").write_text(text)
    out = real_git.run(
        "check-attr", "-z", "--stdin", "filter", stdin="".join(f"{p}\0" for p in paths).encode()
    )
    return [value == b"lfs" for value in out.split(b"\0")[2::3]]


def git_ignores(real_git, text, paths):
    (real_git.path / "info" / "exclude").write_text(text)
    tree = real_git.path / "empty-work-tree"
    tree.mkdir(exist_ok=True)
    out = real_git.run(
        f"--git-dir={real_git.path}",
        f"--work-tree={tree}",
        *("-C", str(tree)),
        *("check-ignore", "--no-index", "-z", "--stdin"),
        stdin="".join(f"{p}\0" for p in paths).encode(),
        check=False,
    )
    ignored = set(out.decode().split("\0"))
    return [path in ignored for path in paths]


@settings(max_examples=150, deadline=None)
@given(st.lists(_PATTERN, min_size=1, max_size=4), _PATHS)
def test_ignore_agrees_with_git(real_git, patterns, paths):
    assume(all(sane(pattern) for pattern in patterns))
    text = "\n".join(patterns)
    rules = Ignore.parse(text)
    assert [rules.matches(path) for path in paths] == git_ignores(real_git, text, paths)


_SETTING = st.sampled_from(
    ["filter=lfs", "-filter", "!filter", "filter", "filter=x", "lfs", "-lfs", "text", "-=bad", ""]
)
_LINE = st.builds(
    lambda pattern, values: f"{pattern} {' '.join(values)}", _PATTERN, st.lists(_SETTING)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_LINE, min_size=1, max_size=4), st.booleans(), _PATHS)
def test_attributes_agree_with_git(real_git, lines, macro, paths):
    assume(all(sane(line.split(" ")[0]) for line in lines))
    text = "\n".join((["[attr]lfs filter=lfs -text"] if macro else []) + lines)
    rules = Attributes.parse(text)
    assert [rules.is_lfs(path) for path in paths] == git_attributes(real_git, text, paths)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('"a b" filter=lfs', "a b"),
        ('"a\\tb\\303\\251" filter=lfs', "a\tbé"),
        ("\ta*\tfilter=lfs\r", "ab"),
        ("[[:space:]][[:punct:]] filter=lfs", " ~"),
    ],
)
def test_odd_lines_agree_with_git(real_git, line, path):
    assert Attributes.parse(line).is_lfs(path) is git_attributes(real_git, line, [path])[0]
