"""Folders and files of a repo as pages; what strangers named and wrote in them is harmless."""

import html
import re
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from calls import commit, delete_folder, new_repo, put, put_lfs, unique, upload_lfs
from fit.gguf_files import gguf_bytes
from fit.weight_files import pickle_of, write_safetensors, write_torch
from live import live_hub

# What a git name may have that HTML, links or eyes stumble over.
NAMES = [
    "<script>alert(1)<\u202ascript>.txt",
    "\"onmouseover='alert(1)'.txt",
    "a & b?c=d#e%2F.txt",
    "exe\u202etxt.py",
    "=1+2|x.csv",
    "日本 語.md",
    "javascript:alert(1)",
    "..;x",
]
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def get(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:2000]
    assert_harmless(answer)
    return answer.text


def assert_harmless(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert not re.search("unsafe|http", " ".join(policy))
    assert answer.headers["x-content-type-options"] == "nosniff"
    text = re.sub(r'<script type="module" src="/static/\w+\.js"></script>', "", answer.text)
    assert not re.search(r"<script|<style|<\w[^<>]*\s(on\w+|style)=", text)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)


def links(text: str, verb: str) -> list[str]:
    return [html.unescape(it) for it in re.findall(r'(?:href|src)="([^"#]+)"', text)
            if f"/{verb}/" in it]  # fmt: skip


@pytest.fixture(scope="module")
def repo(alice: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One of everything that a file's page shows in its own way."""
    name = new_repo(alice, unique("files"))
    weights = tmp_path_factory.mktemp("weights")
    tensors = {f"blk.{i}.<b>w": ("BF16", (4, 8)) for i in range(130)} | {"head": ("F32", (3,))}
    write_safetensors(weights / "m.safetensors", tensors, {"format": "<i>pt</i>"})
    write_torch(weights / "m.bin", {"0": 40}, pickle_of([("FloatStorage", 10)]))
    keys = {"general.architecture": "llama", "x.tokens": ["a"] * 500, "x.note": "<u>n</u>"}
    head, size = gguf_bytes(keys, [("embd.weight", (4, 32), "F32")])
    large = {
        "m.safetensors": (weights / "m.safetensors").read_bytes(),
        "pytorch_model.bin": (weights / "m.bin").read_bytes(),
        "m-F32.gguf": head + bytes(size - len(head)),
    }
    oids = {path: upload_lfs(alice, name, data) for path, data in large.items()}
    lfs = [put_lfs(path, oids[path], len(data)) for path, data in large.items()]
    commit(alice, name, *lfs, summary="weights")
    rows = b"id,text\n1,\"=cmd|' /C calc'!A0\"\n2,<b>bold</b>\n"
    lines = b'{"a": 1, "b": {"c": "<b>"}}\n{"a": "\\ud800", "d": [1, 2]}\n'
    commit(
        alice,
        name,
        put("README.md", b"# Top\n"),
        put("src/code.py", b"def f(x):\n    return '<script>'  # \xe2\x80\xae turned\n"),
        put("src/README.md", b"# Sources\n\n[code](code.py) <script>alert(1)</script>\n"),
        put("data.csv", rows),
        put("data.jsonl", lines),
        put("long.txt", b"x" * 10_000_000),
        put("many.txt", b"".join(b"line %d\n" % n for n in range(6000))),
        put("broken.txt", b"good\n\xff\xfe bad\n"),
        put("binary.dat", b"\0\1\2" * 100),
        put("empty.txt", b""),
        put("pic.png", PICTURE),
        put("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"),
        put("sound.wav", b"RIFF" + bytes(40)),
        put("film.mp4", bytes(40)),
        put("paper.pdf", b"%PDF-1.4"),
        put("page.html", b"<script>alert(document.cookie)</script>"),
        put("fake.safetensors", b"not one"),
        summary="everything <b>else</b> \u202e",
    )
    return name


class TestFolders:
    def test_what_is_in_one(self, anyone: httpx.Client, repo: str) -> None:
        text = get(anyone, f"/{repo}/tree/main")
        assert text.index(">src<") < text.index(">README.md<")
        for word in ("LFS", "everything &lt;b&gt;else&lt;/b&gt;", "21 files", "10.1 MB"):
            assert word in text, word
        for link in links(text, "tree") + links(text, "blob") + links(text, "commit"):
            assert anyone.get(link).status_code == 200, link
        assert len(links(text, "blob")) == 19
        assert 'aria-current="true">Files<' in text

    def test_below_one(self, anyone: httpx.Client, repo: str) -> None:
        text = get(anyone, f"/{repo}/tree/main/src")
        assert ">Sources</h1>" in text
        assert re.search(rf'href="/{repo}/(resolve|blob)/main/src/code.py"', text)
        assert f'href="/{repo}/tree/main"' in text
        assert get(anyone, f"/{repo}/tree/main/src/") == text

    def test_a_large_one_is_turned_over(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        name = new_repo(alice)
        commit(alice, name, *(put(f"f{n:03}&+.txt", b"%d" % n) for n in range(250)), put("d/x"))
        page, seen = f"/{name}/tree/main", []
        for _ in range(9):
            text = get(anyone, page)
            seen += links(text, "blob")
            following = re.search(r'href="([^"]+)">Next<', text)
            if not following:
                break
            page = html.unescape(following[1])
        assert len(seen) == len(set(seen)) == 251
        gone = get(anyone, f"/{name}/tree/main?after=nope", 404)
        assert "any more" in gone

    def test_an_empty_repo(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        name = new_repo(alice)
        commit(alice, name, delete_folder(""))
        assert "nothing here" in get(anyone, f"/{name}/tree/main")

    @pytest.mark.parametrize(
        "path", ["nope", "src/nope", "src//code.py", "../x", "a\x00b", "%ff", "src/../../etc"]
    )
    def test_no_such(self, anyone: httpx.Client, repo: str, path: str) -> None:
        quoted = path if path == "%ff" else urllib.parse.quote(path)
        for verb in ("tree", "blob", "commits"):
            answer = anyone.get(f"/{repo}/{verb}/main/{quoted.replace('..', '%2e%2e')}")
            assert answer.status_code in (404, 422), answer.text
            assert_harmless(answer)

    @pytest.mark.parametrize("rev", ["nope", "%ff", "main%00", "0" * 40, "refs%2Fpr%2F99"])
    def test_no_such_revision(self, anyone: httpx.Client, repo: str, rev: str) -> None:
        for rest in ("tree/{}", "blob/{}/README.md", "commits/{}", "commit/{}"):
            assert_harmless(answer := anyone.get(f"/{repo}/{rest.format(rev)}"))
            assert answer.status_code == (400 if "%00" in rev else 404)

    def test_each_address_leads_to_what_it_names(self, anyone: httpx.Client, repo: str) -> None:
        answer = anyone.get(f"/{repo}/blob/main/src")
        assert (answer.status_code, answer.headers["location"]) == (307, f"/{repo}/tree/main/src")
        answer = anyone.get(f"/{repo}/tree/main/src/code.py")
        assert answer.headers["location"] == f"/{repo}/blob/main/src/code.py"

    def test_other_kinds(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        for kind in ("dataset", "space", "kernel"):
            name = new_repo(alice, type=kind)
            text = get(anyone, f"/{kind}s/{name}/tree/main")
            assert f'href="/{kind}s/{name}/blob/main/.gitattributes"' in text
            assert anyone.get(f"/{name}/tree/main").status_code == 404

    def test_a_moved_repo(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        old, new = new_repo(alice), f"alice/{unique('moved')}"
        alice.post("/api/repos/move", json={"fromRepo": old, "toRepo": new})
        answer = anyone.get(f"/{old}/blob/main/a%2Fb?code=true")
        assert answer.headers["location"] == f"/{new}/blob/main/a%2Fb?code=true"


def test_names_are_text(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo = new_repo(alice)
    names = [name.replace("/", "") for name in NAMES]
    commit(alice, repo, *(put(f"{name}/{name}", b"text\n") for name in names))
    top = get(anyone, f"/{repo}/tree/main")
    for name in names:
        folder = urllib.parse.quote(name)
        assert f'href="/{repo}/tree/main/{html.escape(folder)}"' in top, name
        below = get(anyone, f"/{repo}/tree/main/{folder}")
        [link] = set(links(below, "blob"))
        text = get(anyone, link)
        assert re.search(r">text(</span>)?\n|<p>text</p>", text), name
        for verb in ("resolve", "raw", "commits"):
            assert anyone.get(links(text, verb)[0]).status_code == 200, (name, verb)


class TestFiles:
    def page(self, client: httpx.Client, repo: str, path: str) -> str:
        return get(client, f"/{repo}/blob/main/{path}")

    def test_code(self, anyone: httpx.Client, repo: str) -> None:
        text = self.page(anyone, repo, "src/code.py")
        assert '<span class="k">def</span>' in text
        assert 'id="L2"><a href="#L2"' in text
        assert "&lt;script&gt;" in text
        assert "⟦U+202E⟧" in text
        assert "turn the direction" in text
        assert f'href="/{repo}/raw/main/src/code.py"' in text

    def test_a_card_and_its_source(self, anyone: httpx.Client, repo: str) -> None:
        assert ">Sources</h1>" in self.page(anyone, repo, "src/README.md")
        source = self.page(anyone, repo, "src/README.md?code=true")
        assert ">Sources</h1>" not in source
        assert "alert(" in source

    def test_rows(self, anyone: httpx.Client, repo: str) -> None:
        text = self.page(anyone, repo, "data.csv")
        assert '<th scope="col">text</th>' in text
        assert "<td>=cmd|&#39; /C calc&#39;!A0</td>" in text
        assert "&lt;b&gt;bold" in text
        assert "<td>" not in self.page(anyone, repo, "data.csv?code=true")
        lines = self.page(anyone, repo, "data.jsonl")
        assert [it in lines for it in (">a<", ">b<", ">d<", "[1, 2]")] == [True] * 4

    def test_a_line_of_ten_megabytes(self, anyone: httpx.Client, repo: str) -> None:
        started = time.monotonic()
        text = self.page(anyone, repo, "long.txt")
        assert time.monotonic() - started < 5
        assert len(text) < 20_000
        assert "Not all of it is shown" in text

    def test_many_lines(self, anyone: httpx.Client, repo: str) -> None:
        text = self.page(anyone, repo, "many.txt")
        assert "line 2499\n" in text
        assert "line 2500\n" not in text
        more = re.search(r'href="([^"]+)">Show more', text)
        assert more
        assert "line 5999\n" in get(anyone, more[1])

    def test_what_is_no_text(self, anyone: httpx.Client, repo: str) -> None:
        assert "not UTF-8" in self.page(anyone, repo, "broken.txt")
        assert "is not text" in self.page(anyone, repo, "binary.dat")
        assert 'id="L1"' in self.page(anyone, repo, "empty.txt")

    def test_media(self, anyone: httpx.Client, repo: str) -> None:
        for path, element in (
            ("pic.png", "img"), ("logo.svg", "img"), ("sound.wav", "audio"), ("film.mp4", "video"),
            ("paper.pdf", "iframe"),
        ):  # fmt: skip
            answer = anyone.get(f"/{repo}/blob/main/{path}")
            source = re.search(rf'<{element}[^>]* src="([^"]+{path})"', answer.text)
            assert source, path
            policy = answer.headers["content-security-policy"]
            assert ("media-src 'self'" in policy) is (element in ("audio", "video"))
            assert ("frame-src 'self'" in policy) is (element == "iframe")
            sent = anyone.get(source[1])
            assert sent.status_code == 200
            assert sent.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert "download it" in self.page(anyone, repo, "paper.pdf")
        shown = anyone.get(f"/{repo}/content/main/paper.pdf").headers
        assert shown["content-type"] == "application/pdf"
        assert shown["cross-origin-resource-policy"] == "same-origin"
        assert shown["content-disposition"] == "inline; filename*=UTF-8''paper.pdf"
        saved = anyone.get(f"/{repo}/resolve/main/paper.pdf").headers["content-disposition"]
        assert saved.startswith("attachment")

    def test_what_is_not_there_says_where_to_look(self, anyone: httpx.Client, repo: str) -> None:
        for path, instead in (
            ("tree/nope", "branches"), ("commits/nope", "branches"), ("commit/zz", "branches"),
            ("blob/main/none", "tree/main"), ("tree/main/none", "tree/main"),
        ):  # fmt: skip
            page = get(anyone, f"/{repo}/{path}", 404)
            link = f"/{repo}/{instead}"
            assert f'<a href="{link}">See its' in page
            get(anyone, link)
        hidden = get(anyone, "/alice/nobody-knows/tree/nope", 404)
        assert "See its" not in hidden

    def test_html_is_shown_as_text(self, anyone: httpx.Client, repo: str) -> None:
        text = self.page(anyone, repo, "page.html")
        assert "alert" in text
        assert f'src="/{repo}' not in text

    def test_where_a_large_file_is_kept(self, anyone: httpx.Client, repo: str) -> None:
        text = self.page(anyone, repo, "m.safetensors")
        raw = anyone.get(f"/{repo}/raw/main/m.safetensors").text
        assert raw.split("sha256:")[1].split()[0] in text
        assert f"{raw.split('size ')[1].strip()} bytes".replace(",", "") in text.replace(",", "")

    def test_the_last_commit(self, anyone: httpx.Client, repo: str) -> None:
        assert ">weights<" in self.page(anyone, repo, "m.safetensors")
        assert "everything &lt;b&gt;else" in self.page(anyone, repo, "data.csv")


class TestWeights:
    def test_safetensors(self, anyone: httpx.Client, repo: str) -> None:
        text = get(anyone, f"/{repo}/blob/main/m.safetensors")
        for word in (
            "131",
            "BF16",
            "F32",
            "&lt;i&gt;pt&lt;/i&gt;",
            "blk.0.&lt;b&gt;w",
            "4 \u00d7 8",
        ):
            assert word in text, word
        assert text.count('<tr><th scope="row"><code>blk.') == 100
        following = re.search(r'href="([^"#]+)#tensors">Next', text)
        assert following
        rest = get(anyone, html.unescape(following[1]))
        assert "<code>head</code>" in rest
        assert "101 to 131 of 131" in rest
        found = get(anyone, f"/{repo}/blob/main/m.safetensors?tensor=HEAD")
        assert "<code>head</code>" in found
        assert "blk." not in found.partition('id="tensors"')[2]
        none = get(anyone, f"/{repo}/blob/main/m.safetensors?tensor=%22%3Cb%3E%ff&from=99x")
        assert "No tensor" in none

    def test_gguf(self, anyone: httpx.Client, repo: str) -> None:
        text = get(anyone, f"/{repo}/blob/main/m-F32.gguf")
        for word in ("general.architecture", "llama", "500 items", "&lt;u&gt;n", "embd.weight"):
            assert word in text, word

    def test_pickles_say_what_they_import(self, anyone: httpx.Client, repo: str) -> None:
        text = get(anyone, f"/{repo}/blob/main/pytorch_model.bin")
        assert "torch._utils._rebuild_tensor_v2" in text

    def test_a_malformed_one(self, anyone: httpx.Client, repo: str) -> None:
        assert "not a safetensors file" in get(anyone, f"/{repo}/blob/main/fake.safetensors")


SLOW = b"\n".join([b"a a " * 475] * 140)  # a lexer of Java takes the square of it, a minute


@pytest.mark.parametrize("name", ["a.java", "b.pl", "c.md", "d.json"])
def test_slow_texts_are_shown_without_colours(
    alice: httpx.Client, anyone: httpx.Client, name: str
) -> None:
    repo = new_repo(alice)
    brackets = b"\n".join([b"[" * 1900] * 140)
    commit(alice, repo, put(name, SLOW if name == "a.java" else brackets))
    first, second = (anyone.get(f"/{repo}/blob/main/{name}?code=true") for _ in range(2))
    for answer in (first, second):
        assert_harmless(answer)
        assert 'id="L139"' in answer.text
        assert len(answer.content) < 2_000_000
    if name == "a.java":
        assert ", Text" in second.text
        assert first.elapsed.total_seconds() > 2.5 > second.elapsed.total_seconds()


def test_slow_texts_keep_other_pages_waiting_for_nothing(tmp_path: Path) -> None:
    """Fifty of them would take all threads that pages and lists have. The hub is one of its own: it
    is at work on them for a while."""
    with live_hub(tmp_path / "hub", min_free=0) as hub, hub.client("alice") as alice:
        repo = new_repo(alice)
        commit(alice, repo, *(put(f"{n}.java", SLOW + b"%d" % n) for n in range(50)))

        def read(number: int) -> None:
            with suppress(httpx.TransportError):
                alice.get(f"/{repo}/blob/main/{number}.java")

        with ThreadPoolExecutor(50) as pool:
            waiting = [pool.submit(read, number) for number in range(50)]
            time.sleep(1)
            assert not any(each.done() for each in waiting[10:])
            for path in (f"/{repo}/tree/main", f"/{repo}/commits/main", "/models"):
                assert alice.get(path, timeout=3).status_code == 200
            hub.kill()


def test_assets(anyone: httpx.Client) -> None:
    for name, kind in (("files.css", "text/css"), ("copy.js", "text/javascript")):
        answer = anyone.get(f"/static/{name}")
        assert answer.headers["content-type"].startswith(kind)
        assert "://" not in answer.text


def test_templates_exist() -> None:
    """Each way of showing a file names one."""
    folder = Path(__file__).parents[2] / "src/hearthub/web/templates/files"
    names = "restricted failed binary pdf picture audio video card code table weights".split()
    assert [name for name in names if not (folder / f"{name}.html").is_file()] == []
