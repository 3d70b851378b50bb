"""Lists of submodules: refused where the real git refuses them, and nowhere else."""

import random
import subprocess
from pathlib import Path

import pytest

from hearthub.errors import HearthubError, Unprocessable
from hearthub.registry import DeleteFile, PutFile, PutLfs
from hearthub.registry.submodules import MAX_SIZE, check_modules, is_modules
from needs import needs
from registry.conftest import RealGit
from registry.shelf import open_shelf

GOOD = b"""# of a project
[submodule "libs/x"]
\tpath = libs/x
\turl = https://example.org/x.git ; its home
\tupdate = rebase
[submodule "y"] path = "y-"
url = ../y.git
[submodule "z"]
\turl = git@example.org:a/z.git
\tbranch
"""
ATTACKS = {
    "name": b'[submodule "../../x"]\nurl = https://example.org/x\n',
    "name in the middle": b'[submodule "a/../b"]\npath = a\n',
    "name with a backslash": b'[submodule "..\\\\x"]\npath = a\n',
    "name that is escaped": b'[submodule ".\\./x"]\npath = a\n',
    "name that ends so": b'[submodule "x/.."]\npath = a\n',
    "name that is empty": b'[submodule ""]\npath = a\n',
    "name of old": b"[submodule.a.]\npath = a\n[Submodule...]\npath = a\n",
    "name without a value": b'[submodule "../x"]\npath\n',
    "url": b'[submodule "x"]\nurl = -u./payload\n',
    "url that is quoted": b'[SubModule "x"]\nURL="-"u\n',
    "url on the next line": b'[submodule "x"]url = \\\n  -u\n',
    "url after a byte order mark": b'\xef\xbb\xbf[submodule "x"]\r\nurl = -u\r\n',
    "url behind a comment": b'[submodule "x"]\n; url = x\nurl = -u # url = x\n',
    "url before an error": b'[submodule "x"]\nurl = -u\n[]]\n',
    "url at the end": b'[submodule "x"]\nurl=-u',
    "url with a line break": b'[submodule "x"]\nurl = "https://a.org/\\nhost=b.org"\n',
    "url with one that is escaped": b'[submodule "x"]\nurl = https://a.org/x%0ahost=b.org\n',
    "relative one": b'[submodule "x"]\nurl = ./%0ahost=b.org\n',
    "one that climbs": b'[submodule "x"]\nurl = ../../../:a.org/x\n',
    "one that climbs to a root": b'[submodule "x"]\nurl = .././..//a.org/x\n',
    "url without a host": b'[submodule "x"]\nurl = https:///a.org\n',
    "url for a helper": b'[submodule "x"]\nurl = http::https:///a.org\n',
    "path": b'[submodule "x"]\npath = -u\n',
    "update": b'[submodule "x"]\nupdate = !touch here\n',
}
HARMLESS = {
    "all sorts": GOOD,
    "nothing": b"",
    "what cannot be read": b'[submodule "x"\nurl = -u\n',
    "an escape that is none": b'[submodule "x"]\nurl = \\x\nurl = -u\n',
    "a quotation without an end": b'[submodule "x"]\npath = "a\nurl = -u\n',
    "another section": b'[other "../x"]\nurl = -u\nupdate = !x\n',
    "no name": b"[submodule]\nurl = -u\n",
    "a key that is none": b'[submodule "x"]\n1url = -u\n',
    "a mark that is half one": b'\xef\xbb[submodule "x"]\nurl = -u\n',
    "dots in a name": b'[submodule "a..b/..c/d.."]\nurl = https://a.org\n',
    "a comment": b'[submodule "x"]\n# url = -u\n',
    "a zero byte": b'[submodule "x"]\nurl = a\0-u\n',
    "an empty url": b'[submodule "x"]\nurl =\n',
}


@pytest.fixture
def real(tmp_path: Path) -> RealGit:
    needs("git")
    return RealGit(tmp_path / "real")


def refuses(real: RealGit, *contents: bytes) -> list[bool]:
    """Whether the real git refuses a repo with each of these."""
    blobs = [real.line("hash-object", "-w", "--stdin", stdin=it) for it in contents]
    for number, blob in enumerate(blobs):
        entry = b"100644 blob %s\t.gitmodules\n" % blob.encode()
        tree = real.line("mktree", stdin=entry)
        commit = real.line(
            "-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", "-m", "x", tree
        )
        real.run("update-ref", f"refs/heads/b{number}", commit)
    done = subprocess.run(
        ["git", "fsck", "--strict"], cwd=real.path, env=real.env, capture_output=True
    )
    told = done.stderr.decode().splitlines()
    found = {line.split()[3].rstrip(":") for line in told if line.startswith("error in blob")}
    return [blob in found for blob in blobs]


def is_refused(content: bytes) -> bool:
    try:
        check_modules(content)
    except Unprocessable:
        return True
    return False


@pytest.mark.parametrize("content", ATTACKS.values(), ids=ATTACKS)
def test_attacks(content: bytes) -> None:
    with pytest.raises(Unprocessable, match="refuses as an attack"):
        check_modules(content)


@pytest.mark.parametrize("content", HARMLESS.values(), ids=HARMLESS)
def test_what_is_harmless(content: bytes) -> None:
    check_modules(content)


def test_as_the_real_git_has_it(real: RealGit) -> None:
    contents = [*ATTACKS.values(), *HARMLESS.values()]
    # Fsck misses those behind a byte order mark, which git's other commands read (2.39).
    contents.remove(ATTACKS["url after a byte order mark"])
    assert [is_refused(it) for it in contents] == refuses(real, *contents)


NAMES = [b"a", b"..", b"/", b"\\\\", b"\\.", b".", b'\\"', b" ", b"]"]
VALUES = [
    b"-u", b"-u", b"-u", b"-u", b"-u", b"-u", b"x", b" ", b" ", b"", b"", b'"', b"\\\n", b"\\n",
    b"#", b";", b"!", b"\\x", b"\t", b"\r\n", b"\r", b"\\\\", b"\0", b"./", b"../", b":", b"%0a",
]  # fmt: skip
KEYS = [b"url", b"url", b"url", b"URL", b"path", b"update", b"x1", b"1x", b"ur-l", b"; url"]
SIGNS = [b"=", b"=", b" = ", b" = ", b"= \t", b"\t=", b" =\\\n", b" ", b"\r=", b"=\n"]
ENDS = [b"\n", b"\n", b"\n", b"\r\n", b" ", b"", b"\n\n", b" # x\n"]


def written(chosen: random.Random) -> bytes:
    """Lines of such a file, most of which can be read."""

    def some(words: list[bytes], most: int) -> bytes:
        return b"".join(chosen.choices(words, k=chosen.randint(0, most)))

    text = b'[submodule "a"]\n' if chosen.random() < 0.8 else b""
    for _ in range(chosen.randint(1, 4)):
        match chosen.randint(0, 6):
            case 0:
                text += b'[submodule "' + some(NAMES, 4) + b'"]'
            case 1:
                text += b"[SubModule." + some([b"a", b".", b"..", b"-", b"/"], 3) + b"]"
            case _:
                text += chosen.choice(KEYS) + chosen.choice(SIGNS) + some(VALUES, 3)
        text += chosen.choice(ENDS)
    return text


@pytest.mark.parametrize("seed", range(2))
def test_whatever_strangers_write(real: RealGit, seed: int) -> None:
    """Read as git reads it: the same are refused."""
    chosen = random.Random(seed)
    contents = [written(chosen) for _ in range(150)]
    found = refuses(real, *contents)
    assert 5 < sum(found) < 120
    for content, wanted in zip(contents, found, strict=True):
        assert is_refused(content) is wanted, content


def test_one_that_is_too_large() -> None:
    check_modules(b"\n" * MAX_SIZE)
    with pytest.raises(Unprocessable, match="name fewer"):
        check_modules(b"\n" * (MAX_SIZE + 1))


@pytest.mark.parametrize(
    "name", [".gitmodules", ".GitModules", "gitmod~1", "GI7EBA~1", ".g\u200citmodules", "~1000000"]
)
def test_spellings(name: str) -> None:
    assert is_modules(name)


@pytest.mark.parametrize("name", ["gitmodules", ".gitmodule", "gitmod~5", "x.gitmodules", "~1"])
def test_other_names(name: str) -> None:
    assert not is_modules(name)


def test_commits(tmp_path: Path) -> None:
    """At any depth, as git looks for them; and what was refused leaves nothing."""
    with open_shelf(tmp_path) as shelf:
        repo = shelf.repo("alice/bert")
        shelf.commit(repo, PutFile(".gitmodules", GOOD), PutFile("d/.gitmodules", GOOD))
        before = shelf.files(repo)
        bad = ATTACKS["url"]
        sha256 = shelf.upload(repo, bad)
        pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
        for operation in (
            PutFile(".gitmodules", bad),
            PutFile("d/e/.gitmodules", bad),
            PutFile("GITMOD~1", bad),
            PutFile(".gitmodules/x", b""),
            PutFile("d/.gitmodules/x", b""),
            PutLfs(".gitmodules", sha256, len(bad)),
            PutFile(".gitmodules", pointer % (sha256.encode(), len(bad))),
        ):
            with pytest.raises(HearthubError, match="gitmodules"):
                shelf.commit(repo, operation)
        assert shelf.files(repo) == before
        shelf.commit(repo, PutFile("x.txt", bad), DeleteFile("d/.gitmodules"))
