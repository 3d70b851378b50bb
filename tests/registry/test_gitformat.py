import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthub.errors import BadRequest
from hearthub.registry import gitformat as git
from hearthub.registry.gitformat import Commit, Kind, Signature, Tag, TreeEntry

ALICE = Signature("alice", "alice@example.org", 1_700_000_000, "+0130")
# Bytes that are no UTF-8 come as Python gives them, and sort by their bytes.
NAMES = st.text("ab.-é/\uffff😀\udcff\n", min_size=1, max_size=4).filter(
    lambda name: name.replace("/", "") == name and name not in (".", "..")
)
MODES = st.sampled_from([git.FILE, git.EXECUTABLE, git.SYMLINK, git.FOLDER])
TREES = st.dictionaries(NAMES, MODES, max_size=12)


def test_well_known_names():
    assert git.EMPTY_TREE == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    assert git.EMPTY_BLOB == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


@given(st.binary(max_size=200), st.integers(0, 200))
def test_hashing_in_parts(data, cut):
    digest = git.hasher(Kind.BLOB, len(data))
    digest.update(data[:cut])
    digest.update(data[cut:])
    assert digest.hexdigest() == git.oid_of(Kind.BLOB, data)


@settings(max_examples=50, deadline=None)
@given(TREES)
def test_trees_are_what_git_makes(real_git, modes):
    """`git mktree` sorts for itself, so the same bytes mean the same order."""
    blob = real_git.line("hash-object", "-w", "--stdin", stdin=b"x")
    folder = real_git.line("mktree", stdin=b"")
    entries = [
        TreeEntry(name, mode, folder if mode == git.FOLDER else blob)
        for name, mode in modes.items()
    ]
    lines = b"".join(
        b"%06o %s %s\t%s\0"
        % (
            entry.mode,
            b"tree" if entry.is_folder else b"blob",
            entry.oid.encode(),
            entry.name.encode(errors="surrogateescape"),
        )
        for entry in entries
    )
    data = git.encode_tree(entries)
    assert git.oid_of(Kind.TREE, data) == real_git.line("mktree", "-z", stdin=lines)
    back = git.decode_tree(data)
    assert back == {entry.name: entry for entry in entries}
    assert git.encode_tree(reversed(back.values())) == data
    listed = real_git.run("ls-tree", "-z", "--name-only", git.oid_of(Kind.TREE, data))
    names = [name.encode(errors="surrogateescape") for name in back]
    assert names == listed.split(b"\0")[:-1]


@pytest.mark.parametrize("data", [b"x", b"100644 a", b"100644 a\0short", b"999999 a\0" + b"x" * 20])
def test_broken_trees_are_refused(data):
    with pytest.raises(BadRequest):
        git.decode_tree(data)


HUMAN = st.text("aé <>\n\0.\u202e\"'", max_size=12)
SIGNATURES = st.builds(
    Signature,
    HUMAN,
    HUMAN,
    st.integers(-5, 2**31),
    st.sampled_from(["+0000", "-0730", "nonsense", "+1", ""]),
)


@settings(max_examples=50, deadline=None)
@given(SIGNATURES, st.text("a\n\0é \ud800#", max_size=30))
def test_whatever_people_are_called_git_finds_no_fault(real_git, who, message):
    tree = real_git.line("mktree", stdin=b"")
    data = git.encode_commit(Commit(tree, (), who, who, message))
    # git checks objects that it is given by this command as `fsck --strict` does
    oid = real_git.line("hash-object", "-t", "commit", "-w", "--stdin", stdin=data)
    assert oid == git.oid_of(Kind.COMMIT, data)
    real_git.fsck(oid)
    again = git.decode_commit(data)
    assert git.encode_commit(again) == data


def test_commits_read_back(real_git):
    tree = real_git.line("mktree", stdin=b"")
    first = Commit(tree, (), ALICE, ALICE, "First\n\nMore to say.\n")
    root = real_git.line(
        "hash-object", "-t", "commit", "-w", "--stdin", stdin=git.encode_commit(first)
    )
    second = Commit(tree, (root, root), ALICE, Signature("bob", "", 5), "", (("gpgsig", "a\nb\n"),))
    for commit in (first, second):
        assert git.decode_commit(git.encode_commit(commit)) == commit
    assert first.title == "First"
    assert second.title == ""
    shown = real_git.line("show", "-s", "--format=%an <%ae> %at %s", root)
    assert shown == "alice <alice@example.org> 1700000000 First"


def test_messages_in_other_encodings_are_shown():
    head = b"tree %s\nauthor J\xfcrgen <j@x.de> 1 +0000\ncommitter A <> 1 +0000\n" % (b"0" * 40)
    commit = git.decode_commit(head + b"encoding ISO-8859-1\n\ngr\xfc\xdfe")
    assert (commit.author.name, commit.message) == ("Jürgen", "grüße")
    assert git.decode_commit(head + b"encoding zlib\n\n\xff").message == "\ufffd"


@pytest.mark.parametrize("author", [b"nobody", b"a <b", b"a <b> x", b"<>", b"a <b> 1 -", b""])
def test_odd_signatures_do_not_stop_a_reader(author):
    data = b"tree %s\nauthor %s\ncommitter c <d> 9 +0000\n\nm" % (b"0" * 40, author)
    assert git.decode_commit(data).committer == Signature("c", "d", 9)


@pytest.mark.parametrize(
    "data", [b"", b"\n\nm", b"tree x\n\nm", b"\xff\0", b"author a <b> 1 +0000"]
)
def test_broken_commits_and_tags_are_refused(data):
    with pytest.raises(BadRequest):
        git.decode_commit(data)
    with pytest.raises(BadRequest):
        git.decode_tag(data)


def test_tags(real_git):
    tree = real_git.line("mktree", stdin=b"")
    for tag in (
        Tag(tree, Kind.TREE, "v1.0", ALICE, "The first\n"),
        Tag(tree, Kind.TREE, "v0", None, ""),
    ):
        data = git.encode_tag(tag)
        assert git.decode_tag(data) == tag
    data = git.encode_tag(Tag(tree, Kind.TREE, "v1.0", ALICE, "The first\n"))
    oid = real_git.line("mktag", "--strict", stdin=data)
    assert oid == git.oid_of(Kind.TAG, data)


A, B = "a" * 40, "b" * 40
ODD = "Eve+AAo-%s <eve@example.org> 1700000000 -0000"


@pytest.mark.parametrize("encoding", ["", "encoding utf-7\n"])
def test_names_stand_where_git_looks_for_them(encoding):
    """Who judged a commit or tag by its bytes, and who reads it, mean the same objects."""
    who = ODD % f"tree {B}+AAo-parent {B}+AAo-author Eve"
    tail = f"tree {B}\nparent {B}\nauthor {who}\n"
    data = f"tree {A}\nparent {A}\nauthor {who}\ncommitter {who}\n{encoding}{tail}\nparent {B}\n"
    found = git.decode_commit(data.encode())
    assert (found.tree, found.parents) == (A, (A,))
    who = ODD % f"object {B}+AAo-type tree"
    data = f"object {A}\ntype commit\ntag x\ntagger {who}\n{encoding}object {B}\ntype tree\n\nx\n"
    tag = git.decode_tag(data.encode())
    assert (tag.target, tag.kind) == (A, Kind.COMMIT)


def test_printable():
    assert git.printable("a\udcff") == "a\ufffd"
    assert git.printable("é😀") == "é😀"
