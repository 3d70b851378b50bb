"""Follows every link of a hub's pages as somebody, and says what is wrong with what it finds."""

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx

MOST = 3000
"""A crawl that finds more has gone astray."""
MOST_WAYS = 20
_CHANGING = re.compile(r"[0-9a-f]{40}|\d+|[0-9a-f]{24}")
_STRANGERS = re.compile(r"/(resolve|blob|content)/[^/]+/x$")
"""What a card links to is its author's to answer for."""
_PAPER = re.compile(r"/[^/?#:][^?#]*/content/[^?#]+\.pdf")
_RUNS = {"script", "style", "iframe", "object", "embed", "base"}
_TURNS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of a text, or is none."""
_TOLD = {"title", "alt", "aria-label", "placeholder", "content"}
_FETCHES = {"img": "src", "script": "src", "link": "href", "source": "src", "audio": "src",
            "video": "src", "iframe": "src", "embed": "src", "object": "data"}  # fmt: skip


class Parsed(HTMLParser):
    """Where a page leads, and what a browser would run or fetch of it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.wrong: list[str] = []
        self._form: tuple[str, dict[str, str]] | None = None
        self._theirs: list[str] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        if not self._theirs and (found := _TURNS.search(data)):
            self.wrong.append(f"turned: {data[max(0, found.start() - 40) :][:80]!r}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self._note_theirs(tag, said)
        if "-" in tag:
            self.wrong.append(f"<{tag}>")  # no element of HTML's has one in its name
        for name in _TOLD & set(said):
            if not self._theirs and _TURNS.search(said[name]):
                self.wrong.append(f"turned: <{tag} {name}={said[name][:60]!r}>")
        for name, value in said.items():
            if name.startswith("on") or name in ("style", "srcdoc", "formaction"):
                self.wrong.append(f"<{tag} {name}={value[:60]}>")
            if name in ("href", "src", "action") and re.match(r"\s*(javascript|vbscript):", value):
                self.wrong.append(f"<{tag} {name}={value[:60]}>")
        if tag == "meta" and said.get("http-equiv", "").lower() == "refresh":
            self.wrong.append("<meta refresh>")
        is_ours = tag == "script" and said.get("src", "").startswith("/static/")
        is_boxed = tag == "iframe" and "allow-same-origin" not in said.get(
            "sandbox", "allow-same-origin"
        )
        # Their documents, which are sent as such and boxed by their own policy (test_files.py).
        is_paper = tag == "iframe" and not self._theirs and _PAPER.fullmatch(said.get("src", ""))
        if tag in _RUNS and not is_ours and not is_boxed and not is_paper:
            self.wrong.append(f"<{tag} {said}>")
        address = said.get(_FETCHES.get(tag, ""), "")
        is_named = said.get("rel") in ("alternate", "canonical") or address.startswith(
            "data:image/"
        )
        if re.match(r"[a-z]+:|//", address) and not is_named:
            self.wrong.append(f"{tag} fetches {address[:80]}")
        self._follow(tag, said)

    def _note_theirs(self, tag: str, said: dict[str, str]) -> None:
        """Within a text of somebody's own, a card or a field, its direction is theirs to say."""
        is_theirs = tag == "textarea" or "card-text" in said.get("class", "").split()
        if is_theirs or (self._theirs and tag == self._theirs[0]):
            self._theirs.append(tag)

    def _follow(self, tag: str, said: dict[str, str]) -> None:
        if tag in ("a", "link") and "href" in said:
            self.links.append(said["href"])
        elif tag in ("img", "source", "audio", "video", "iframe") and "src" in said:
            self.links.append(said["src"])
        elif tag == "form":
            is_get = said.get("method", "get").lower() == "get"
            self._form = (said.get("action", ""), {}) if is_get else None
        elif tag == "input" and self._form and said.get("name"):
            self._form[1][said["name"]] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if self._theirs and tag == self._theirs[-1]:
            self._theirs.pop()
        if tag == "form" and self._form:
            action, fields = self._form
            self.links.append(f"{action}?{urlencode(fields)}")
            self._form = None


@dataclass
class Crawl:
    """`pages` by address: what was answered; `wrong`: what should not be, by address."""

    client: httpx.Client
    guarded: list[str]
    """Words that must be on no page."""
    alike: int = 4
    """So many pages of one shape are looked at."""
    pages: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    shapes: Counter[str] = field(default_factory=Counter)

    def follow(self, *seeds: str, guessed: tuple[str, ...] = ()) -> "Crawl":
        waiting = deque((seed, "nowhere") for seed in (*seeds, *guessed))
        while waiting:
            assert len(self.pages) < MOST, self.shapes.most_common(20)
            address, source = waiting.popleft()
            if address in self.pages or self._is_enough(address):
                continue
            for link in self._look(address, source, may_miss=address in guessed):
                target = urlsplit(urljoin(address, link))
                if not (target.scheme or target.netloc):
                    waiting.append((target._replace(fragment="").geturl(), address))
        return self

    def _look(self, address: str, source: str, *, may_miss: bool) -> list[str]:
        with self.client.stream("GET", address) as answer:
            kind = answer.headers.get("content-type", "")
            is_text = kind.startswith(
                ("text/", "application/json", "application/atom", "image/svg")
            )
            text = answer.read().decode(errors="replace") if is_text else ""
        self.pages[address] = text if kind.startswith("text/html") else ""
        # What was asked for is told again.
        said = f"{text} {answer.headers}"
        found = [f"has {it}" for it in self.guarded if it in said and it not in address]
        status = answer.status_code
        if status >= 500 or (status == 404 and not may_miss and not _STRANGERS.search(address)):
            found.append(f"{status}, linked by {source}")
        if "Traceback (most recent" in text:
            found.append("a traceback")
        if not kind.startswith("text/html"):
            self._note(address, found)
            location = answer.headers.get("location", "")
            return [location] if location.startswith("/") else []
        policy = answer.headers.get("content-security-policy", "")
        if "sandbox" in policy and "allow-same-origin" not in policy:
            self.pages[address] = ""  # in an origin of nobody: what it runs, it runs there
            self._note(address, found)
            return []
        if "default-src 'none'" not in policy or re.search(r"unsafe|https?:|\*", policy):
            found.append(f"its policy is {policy!r}")
        if "/api/docs" in address:
            return []
        parsed = Parsed(text)
        self._note(address, found + parsed.wrong)
        return parsed.links

    def _note(self, address: str, found: list[str]) -> None:
        if found:
            self.wrong[address] = found

    def _is_enough(self, address: str) -> bool:
        parts = urlsplit(address)
        names = sorted({name for name, _ in parse_qsl(parts.query)})
        path = _CHANGING.sub("#", parts.path)
        shape = f"{path}?{','.join(names)}"
        self.shapes[shape] += 1
        if names and self.shapes[shape] == 1:
            self.shapes[f"ways to ask {path}"] += 1
        if self.shapes[f"ways to ask {path}"] > MOST_WAYS and names:
            return True  # each list can be narrowed in thousands of ways
        return self.shapes[shape] > (self.alike if not names else 2)
