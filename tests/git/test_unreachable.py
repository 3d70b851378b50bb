"""What no ref reaches any more is, to everybody, as if it had never been.

Each way a commit can be lost, then each door that takes a revision: the answer for the lost one is
the answer for one that never existed, to the byte.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from calls import commit, delete, head, new_repo, post_commit, put, put_lfs, unique, upload_lfs
from git.real import Failed, Git

NEVER = "0123456789abcdef0123456789abcdef01234567"
Lost = tuple[str, list[str], list[str]]
"""A repo, commits that nothing reaches, and some that are still reached. All have `a.txt`."""

GETS = (
    "/{repo}/resolve/{rev}/a.txt",
    "/{repo}/raw/{rev}/a.txt",
    "/api/models/{repo}/revision/{rev}",
    "/api/models/{repo}/revision/{rev}?expand[]=siblings",
    "/api/models/{repo}/revision/{rev}?blobs=true",
    "/api/models/{repo}/tree/{rev}",
    "/api/models/{repo}/tree/{rev}?recursive=true&expand=true",
    "/api/models/{repo}/commits/{rev}",
    "/api/models/{repo}/xet-read-token/{rev}",
    "/{repo}/tree/{rev}",
    "/{repo}/blob/{rev}/a.txt",
    "/{repo}/commits/{rev}",
    "/{repo}/commits/{rev}/a.txt",
    "/{repo}/commits/main/a.txt?from={rev}",
    "/{repo}/commit/{rev}",
    "/{repo}/compare/main..{rev}",
    "/{repo}/compare/{rev}..main",
    "/{repo}/compare/{rev}...main",
)


def answers(client: httpx.Client, repo: str, rev: str) -> Iterator[tuple[str, httpx.Response]]:
    for url in GETS:
        yield f"GET {url}", client.get(url.format(repo=repo, rev=rev))
    for url in GETS[:2]:
        yield f"HEAD {url}", client.head(url.format(repo=repo, rev=rev))
    body = {"paths": ["a.txt"], "expand": True}
    yield "paths-info", client.post(f"/api/models/{repo}/paths-info/{rev}", json=body)
    body = {"files": [{"path": "a.txt", "size": 1, "sample": "YQ=="}]}
    url = f"/api/models/{repo}/preupload/{rev}?create_pr=1"
    yield "preupload", client.post(url, json=body)


def heard(answer: httpx.Response, rev: str) -> tuple[int, str | None, str]:
    code = answer.headers.get("x-error-code")
    return answer.status_code, code, answer.text.replace(rev, "REV")


def check(clients: list[httpx.Client], lost: Lost) -> None:
    repo, gone, kept = lost
    for client in clients:
        never = {door: heard(it, NEVER) for door, it in answers(client, repo, NEVER)}
        assert {status for status, _, _ in never.values()} == {404}
        assert never[f"GET {GETS[0]}"][1] == "RevisionNotFound"
        for oid in gone:
            assert {door: heard(it, oid) for door, it in answers(client, repo, oid)} == never
            short = oid[:10]
            found = {door: heard(it, short) for door, it in answers(client, repo, short)}
            assert {it[0] for it in found.values()} == {404}
        for oid in kept:
            for door, answer in answers(client, repo, oid):
                assert answer.status_code == 200, (door, answer.text)


def squashed(git: Git, alice: httpx.Client, cloned: Callable[..., tuple[str, Path]]) -> Lost:
    repo, _ = cloned()
    gone = [commit(alice, repo, put("a.txt", b"%d" % n)) for n in range(3)]
    alice.post(f"/api/models/{repo}/super-squash/main", json={"message": "All"})
    return repo, gone, [head(alice, repo)]


def forced(git: Git, alice: httpx.Client, cloned: Callable[..., tuple[str, Path]]) -> Lost:
    repo, folder = cloned()
    base = git.commit(folder, a_txt="0")
    gone = [git.commit(folder, a_txt="1"), git.commit(folder, a_txt="2")]
    git(folder, "push", "--quiet")
    git(folder, "reset", "--quiet", "--hard", base)
    new = git.commit(folder, a_txt="3")
    git(folder, "push", "--quiet", "--force")
    return repo, gone, [base, new]


def branch_deleted(git: Git, alice: httpx.Client, cloned: Callable[..., tuple[str, Path]]) -> Lost:
    repo, folder = cloned()
    base = git.commit(folder, a_txt="0")
    gone = [git.commit(folder, a_txt="1"), git.commit(folder, a_txt="2")]
    git(folder, "push", "--quiet", "origin", f"{base}:main", "HEAD:dev")
    git(folder, "push", "--quiet", "origin", ":dev")
    return repo, gone, [base]


def branch_deleted_that_a_tag_was_on(
    git: Git, alice: httpx.Client, cloned: Callable[..., tuple[str, Path]]
) -> Lost:
    """An annotated tag keeps what it names, and that keeps what came before."""
    repo, folder = cloned()
    base = git.commit(folder, a_txt="0")
    kept = [git.commit(folder, a_txt="1"), git.commit(folder, a_txt="2")]
    git(folder, "tag", "--annotate", "v1", "--message", "One")
    gone = [git.commit(folder, a_txt="3")]
    git(folder, "push", "--quiet", "origin", f"{base}:main", "HEAD:dev", "v1")
    assert alice.delete(f"/api/models/{repo}/branch/dev").status_code == 200
    return repo, gone, [base, *kept]


def file_deleted(git: Git, alice: httpx.Client, cloned: Callable[..., tuple[str, Path]]) -> Lost:
    """For good, with the history written anew."""
    repo, _ = cloned()
    kept = [commit(alice, repo, put("a.txt", b"1"))]
    sha = upload_lfs(alice, repo, unique("secret").encode() * 50)
    gone = [commit(alice, repo, put_lfs("secret.bin", sha)), commit(alice, repo, put("b.txt"))]
    body = {"deletions": {"sha": [sha], "rewriteHistory": True}}
    answer = alice.post(f"/api/models/{repo}/lfs-files/batch", json=body)
    assert answer.status_code == 200, answer.text
    return repo, gone, [*kept, head(alice, repo)]


def proposal_squashed(
    git: Git, alice: httpx.Client, cloned: Callable[..., tuple[str, Path]]
) -> Lost:
    repo, _ = cloned()
    base = commit(alice, repo, put("a.txt", b"0"))
    first = post_commit(alice, repo, put("a.txt", b"1"), rev="main?create_pr=1").json()
    second = commit(alice, repo, put("a.txt", b"2"), rev="refs%2Fpr%2F1")
    answer = alice.post(f"/api/models/{repo}/super-squash/refs%2Fpr%2F1", json={"message": "One"})
    return repo, [first["commitOid"], second], [base, answer.json()["commitOid"]]


def push_refused(git: Git, alice: httpx.Client, cloned: Callable[..., tuple[str, Path]]) -> Lost:
    """Of a push with two refs one moved; what the other would have named lies there."""
    repo, folder = cloned()
    base = git.commit(folder, a_txt="0")
    git(folder, "push", "--quiet")
    gone = [git.commit(folder, a_txt="1")]
    git(folder, "branch", "other", base)
    git(folder, "checkout", "--quiet", "other")
    moved = git.commit(folder, a_txt="2")
    theirs = commit(alice, repo, put("b.txt"))
    lines = (f"{base} {gone[0]} refs/heads/main", f"{'0' * 40} {moved} refs/heads/other")
    send(git, alice, repo, folder, lines, *gone, moved)
    return repo, gone, [base, theirs, moved]


def send(
    git: Git, client: httpx.Client, repo: str, folder: Path, lines: tuple[str, ...], *oids: str
) -> httpx.Response:
    """What git itself would not: refs that it knows to be others, packs as one likes them."""
    first, *rest = lines
    said = [f"{first}\0report-status\n", *(f"{line}\n" for line in rest)]
    body = b"".join(f"{len(it) + 4:04x}{it}".encode() for it in said) + b"0000"
    if oids:
        pack = git.home / unique("pack")
        names = "\n".join(names_of(git, folder, oids)).encode()
        name = git(folder, "pack-objects", "--quiet", str(pack), stdin=names)
        body += Path(f"{pack}-{name}.pack").read_bytes()
    return client.post(
        f"/{repo}.git/git-receive-pack", content=body,
        headers={"Content-Type": "application/x-git-receive-pack-request"},
    )  # fmt: skip


def names_of(git: Git, folder: Path, oids: tuple[str, ...]) -> list[str]:
    listed = git(folder, "rev-list", "--objects", "--no-walk", *oids).splitlines()
    return [line.split()[0] for line in listed]


WAYS = (
    squashed, forced, branch_deleted, branch_deleted_that_a_tag_was_on, file_deleted,
    proposal_squashed, push_refused,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda it: it.__name__)
def test_every_way_to_lose_it_and_every_door(
    way: Callable[..., Lost], git: Git, alice: httpx.Client, charlie: httpx.Client,
    cloned: Callable[..., tuple[str, Path]],
) -> None:  # fmt: skip
    lost = way(git, alice, cloned)
    check([alice, charlie], lost)
    repo, gone, kept = lost
    folder = git.clone(repo)
    for oid in gone:
        with pytest.raises(Failed, match="not our ref"):
            git(folder, "fetch", "--quiet", "origin", oid)
    for oid in kept:
        git(folder, "fetch", "--quiet", "origin", oid)


def test_it_comes_back_with_a_ref(alice: httpx.Client, charlie: httpx.Client, git: Git) -> None:
    """Who may write makes a branch or tag at what was lost; then everybody has it again."""
    repo = new_repo(alice)
    gone = [commit(alice, repo, put("a.txt", b"%d" % n)) for n in range(2)]
    alice.post(f"/api/models/{repo}/super-squash/main", json={"message": "All"})
    check([charlie], (repo, gone, []))
    answer = charlie.post(f"/api/models/{repo}/branch/mine", json={"startingPoint": gone[0]})
    assert answer.status_code == 403
    answer = alice.post(f"/api/models/{repo}/branch/back", json={"startingPoint": gone[0]})
    assert answer.status_code == 200, answer.text
    check([charlie], (repo, gone[1:], [gone[0]]))
    assert alice.post(f"/api/models/{repo}/tag/{gone[1]}", json={"tag": "t"}).status_code == 200
    check([charlie], (repo, [], gone))
    alice.delete(f"/api/models/{repo}/branch/back")
    check([charlie], (repo, [], gone))
    alice.delete(f"/api/models/{repo}/tag/t")
    check([charlie], (repo, gone, []))


def test_asking_on_tells_nothing(
    alice: httpx.Client, charlie: httpx.Client, cloned: Callable[..., tuple[str, Path]], git: Git
) -> None:
    """A client names what it has, and is told whether that is enough: what is wanted is looked at
    first, or the answer tells that it is here, and what came before it."""
    repo, folder = cloned()
    base = git.commit(folder, a_txt="0")
    git(folder, "push", "--quiet")
    gone = git.commit(folder, a_txt="1")
    git(folder, "tag", "--annotate", "v1", "--message", "One")
    tag = git(folder, "rev-parse", "v1")
    git(folder, "push", "--quiet", "origin", "v1")
    git(folder, "push", "--quiet", "origin", ":v1")
    newest = commit(alice, repo, put("b.txt"))
    for have in (base, newest):
        never = negotiate(charlie, repo, NEVER, have)
        assert "not our ref" in never
        for oid in (gone, tag):
            assert negotiate(charlie, repo, oid, have) == never
    assert "ready" in negotiate(charlie, repo, newest, base)


def negotiate(client: httpx.Client, repo: str, want: str, have: str) -> str:
    """One round of version 2 of the protocol."""
    words = (f"want {want}\n", f"have {have}\n")
    body = "0012command=fetch\n0001" + "".join(f"{len(it) + 4:04x}{it}" for it in words) + "0000"
    answer = client.post(
        f"/{repo}.git/git-upload-pack", content=body,
        headers={
            "Content-Type": "application/x-git-upload-pack-request", "Git-Protocol": "version=2",
        },
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.content.decode(errors="replace").replace(want, "WANT")


def seen(client: httpx.Client, repo: str, num: int = 1) -> str:
    """All that is told of a pull request: by the API, on its page, and on that of its files."""
    pages = (f"/api/models/{repo}/discussions/{num}?diff=1",)
    pages += tuple(f"/{repo}/discussions/{num}{it}" for it in ("", "/files"))
    found = [client.get(page) for page in pages]
    assert [it.status_code for it in found] == [200, 200, 200]
    return "".join(it.text for it in found)


def test_a_merged_proposal_tells_what_refs_reach_still(
    alice: httpx.Client, charlie: httpx.Client, git: Git
) -> None:
    repo = new_repo(alice)
    commit(alice, repo, put("a.txt", b"0\n"))
    post_commit(charlie, repo, put("a.txt", b"words of charlie\n"), rev="main?create_pr=1")
    commit(alice, repo, put("b.txt", b"words of the branch\n"))
    assert alice.post(f"/api/models/{repo}/discussions/1/merge").status_code == 200
    alice.post(f"/api/models/{repo}/super-squash/main", json={"message": "All"})
    assert "words of charlie" in seen(alice, repo)
    first = alice.get(f"/api/models/{repo}/revision/refs%2Fpr%2F1").json()["sha"]
    alice.post(f"/api/models/{repo}/super-squash/refs%2Fpr%2F1", json={"message": "One"})
    told = seen(charlie, repo)
    assert "words of charlie" not in told
    assert f"{first}" not in told


def test_a_merged_proposal_without_a_common_history(
    alice: httpx.Client, charlie: httpx.Client, git: Git
) -> None:
    """It is shown beside the branch as that was; which nobody may see any more."""
    repo = new_repo(alice)
    post_commit(charlie, repo, put("c.txt"), rev="main?create_pr=1")
    commit(alice, repo, put("b.txt", b"words of the branch\n"))
    folder = git.clone(repo)
    git(folder, "switch", "--quiet", "--orphan", "alone")
    oid = git.commit(folder, c_txt="words alone\n")
    git(folder, "push", "--quiet", "--force", "origin", f"{oid}:refs/pr/1")
    answer = alice.post(f"/api/models/{repo}/discussions/1/merge")
    assert answer.status_code == 200, answer.text
    assert "words of the branch" in seen(charlie, repo)
    commit(alice, repo, delete("b.txt"))
    alice.post(f"/api/models/{repo}/super-squash/main", json={"message": "All"})
    assert "words of the branch" not in seen(charlie, repo)
