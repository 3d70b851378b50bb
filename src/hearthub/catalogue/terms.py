"""From names, card text and queries to the terms of the index. Pure functions.

The index knows no text, only terms; each kind has a shape of its own, so that one cannot be taken
for another:

    qwe                 three letters or digits in a row in a name, separators left out
    模型  型             two neighbouring characters of a script written without blanks; the last
    w:qwen2             a whole word of a name or card
    w:gemma2            of a card also a word with the short pieces that follow (`gemma-2`)
    f:12  s:4  u:7      a facet, a shelf, an owner of private repos
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, islice

VERSION = 4
"""To be raised with any change of the terms of a listing: the index is then built anew."""

MAX_CARD_WORDS = 250
MAX_GLUED = 50
SHORT = 3
"""A piece with fewer letters or digits says little alone: it goes with what is before it."""
MAX_WORD = 24
MAX_RUN = 64
MAX_QUERY = 200  # characters
MAX_QUERY_WORDS = 8

_ASCII_WORDS = re.compile(r"[a-z0-9]+")
# Scripts written without blanks between words, or with endings glued on: Thai to Lao, Jamo,
# Khmer, Han and kana, Hangul, and Han beyond the basic plane.
_DENSE_RANGES = (
    "\u0e00-\u0eff\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3021-\ua4cf\uac00-\ud7ff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_DENSE = re.compile(f"[{_DENSE_RANGES}]")
# A run in a dense script, or one of other letters, digits and the marks of Hebrew, Arabic, India.
_WORDS = re.compile(
    f"[{_DENSE_RANGES}]+|(?:[^\\W_{_DENSE_RANGES}]|[\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0dff])+"
)
# Words that hang together: by a point only before a digit, since texts end sentences with one.
_COMPOUND = re.compile(r"[a-z0-9]+(?:(?:[-_]|\.(?=[0-9]))[a-z0-9]+)+")
_SEPARATORS = str.maketrans("", "", "-_.")
_ACCENTS = dict.fromkeys(range(0x300, 0x370))


def fold(text: str) -> str:
    """Lower case, compatibility forms made plain, accents of Latin, Greek and Cyrillic left out."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", text.translate(_ACCENTS))


def words(text: str) -> list[str]:
    """Runs of letters and digits in folded text; a run in a dense script stands alone."""
    return (_ASCII_WORDS if text.isascii() else _WORDS).findall(text)


def is_dense(word: str) -> bool:
    return _DENSE.match(word) is not None


def pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)]


def grams(squeezed: str) -> list[str]:
    return [squeezed[at : at + 3] for at in range(len(squeezed) - 2)]


def squeeze(text: str) -> str:
    return "".join(_ASCII_WORDS.findall(text))


def squeezed(key: str) -> str:
    """A lower-case `namespace/name` without separators but the slash."""
    return key.translate(_SEPARATORS)


def name_words(key: str) -> list[str]:
    """The words of a lower-case `namespace/name`, each once."""
    return list(dict.fromkeys(_ASCII_WORDS.findall(key)))


def name_grams(key: str) -> set[str]:
    """Of both halves, not across the slash."""
    namespace, _, name = key.partition("/")
    return {*grams(squeeze(namespace)), *grams(squeeze(name))}


def glued(pieces: Iterable[str]) -> list[str]:
    """The same with short pieces at the ends of those before them: `llama`, `31` of llama-3-1."""
    found: list[str] = []
    for piece in pieces:
        if found and len(piece) < SHORT and piece.isascii() and found[-1].isascii():
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _beginnings(compound: str) -> Iterator[str]:
    """What may be typed of it, as `glued` has it: of llama-3-1-8b llama3, llama31, llama318b."""
    found = ""
    for piece in _ASCII_WORDS.findall(compound):
        if not found or len(piece) >= SHORT:
            found = piece
        elif len(found) <= MAX_WORD:
            found += piece
            yield found


def card_words(text: str) -> str:
    """The first distinct words and pairs of a card's text, as terms with blanks between."""
    folded = fold(text)
    whole = chain.from_iterable(map(_beginnings, _COMPOUND.findall(folded)))
    hanging = islice((it for it in dict.fromkeys(whole) if len(it) <= MAX_WORD), MAX_GLUED)
    found = dict.fromkeys(f"w:{word}" for word in hanging)
    if folded.isascii():
        plain = [word for word in dict.fromkeys(words(folded)) if 1 < len(word) <= MAX_WORD]
        found.update(dict.fromkeys(f"w:{word}" for word in plain[:MAX_CARD_WORDS]))
        return " ".join(list(found)[:MAX_CARD_WORDS])
    for word in dict.fromkeys(words(folded)):
        if not word.isascii() and is_dense(word):
            found.update(dict.fromkeys([*pairs(word), word[-1]]))
        elif 1 < len(word) <= MAX_WORD:
            found["w:" + word] = None
        if len(found) >= MAX_CARD_WORDS:
            break
    return " ".join(list(found)[:MAX_CARD_WORDS])


def has_words(key: str, card: str, wanted: Iterable[str]) -> bool:
    """Whether a name and the `card_words` with it hold all of these as whole words."""
    found = {*card.split(), *(f"w:{word}" for word in name_words(key))}
    return all(f"w:{word[:MAX_WORD]}" in found for word in wanted)


def document(
    name: Iterable[str],
    parts: Iterable[str],
    card: str,
    facets: str,
    shelf: int,
    owner_id: int | None,
) -> str:
    """All terms of one listing: `name_words`, `name_grams`, `card_words`, numbers of facets.

    Taking a listing out of the index needs exactly the terms it was put in with.
    """
    found = f"{' '.join(sorted(parts))} w:{' w:'.join(name)} {card} s:{shelf}"
    if owner_id is not None:
        found += f" u:{owner_id}"
    return found + facets.rstrip().replace(" ", " f:")


def every(parts: Iterable[str]) -> str:
    """An expression for what matches all parts; each part is an expression."""
    return " AND ".join(f"({part})" for part in parts)


def some(parts: Iterable[str]) -> str:
    return " OR ".join(f"({part})" for part in parts)


def term(text: str) -> str:
    """One term as an expression. Terms hold no quotes: words are letters, digits and marks."""
    return f'"{text}"'


def whole_word(word: str) -> str:
    """What has the word as a whole, in its name or on its card."""
    if is_dense(word):  # every character begins a pair, or is the last of its run
        return every(map(term, pairs(word))) or f"{term(word)} *"
    whole = term(f"w:{word[:MAX_WORD]}")
    return whole if word.isascii() else f"{whole} *"  # endings change


def word_expression(word: str) -> str:
    """What holds the word anywhere in a name, or whole in a card."""
    whole = whole_word(word)
    if not word.isascii() or len(word) < 3:
        return whole
    return some((every(map(term, grams(word[:MAX_RUN]))), whole))


def is_run(squeezed: str) -> bool:
    """Whether a name is asked for this as one run."""
    return squeezed.isascii() and len(squeezed) > 2


@dataclass(frozen=True)
class Query:
    """What somebody typed, folded: `chunks` between blanks and slashes, `words` within them."""

    text: str

    @classmethod
    def of(cls, typed: str) -> "Query":
        return cls(fold(typed.strip()[:MAX_QUERY]))

    @cached_property
    def chunks(self) -> list[list[str]]:
        found = [words(chunk) for chunk in re.split(r"[\s/]+", self.text)]
        return [chunk for chunk in found if chunk][:MAX_QUERY_WORDS]

    @cached_property
    def words(self) -> list[str]:
        return list(dict.fromkeys(w for chunk in self.chunks for w in chunk))[:MAX_QUERY_WORDS]

    @cached_property
    def grams(self) -> set[str]:
        return {gram for chunk in self.chunks for gram in grams(squeeze("".join(chunk)))}

    @cached_property
    def squeezed(self) -> str:
        return squeeze(self.text)

    def as_typed(self, telling: Callable[[list[str]], list[str]]) -> str | None:
        """Each chunk as one run of a name (`qwen2.5-7b` as qwen257b), or as words of a card.

        `telling`: of the grams of a run those to ask for, rather than all."""
        parts: list[str] = []
        for chunk in self.chunks:
            squeezed = "".join(chunk)
            if not is_run(squeezed):
                parts += map(word_expression, chunk)
                continue
            in_card = every(map(whole_word, glued(chunk)))
            asked = telling(grams(squeezed[:MAX_RUN]))
            parts.append(some((every(map(term, asked)), in_card)))
        return every(parts) or None

    def run_grams(self) -> list[str]:
        """Those that a name must have for `as_typed` to find it by its name."""
        runs = ("".join(chunk)[:MAX_RUN] for chunk in self.chunks)
        return [gram for run in runs if is_run(run) for gram in grams(run)]

    def short_words(self) -> list[str]:
        """Those that a name must have as a whole for that."""
        loose = (it for it in self.chunks if not is_run("".join(it)))
        return [word for chunk in loose for word in chunk if word.isascii()]

    def long_runs(self) -> list[tuple[str, list[str]]]:
        """Of `as_typed`, each run whose grams a name may have without holding it (`uber-alert`
        those of bert), and its words."""
        found = [("".join(chunk)[:MAX_RUN], glued(chunk)) for chunk in self.chunks]
        return [(run, chunk) for run, chunk in found if is_run(run) and len(run) > 3]

    @cached_property
    def whole_words(self) -> list[str]:
        """The words as cards are asked for them."""
        runs = (glued(it) if is_run("".join(it)) else it for it in self.chunks)
        return list(dict.fromkeys(chain.from_iterable(runs)))

    @cached_property
    def loose_words(self) -> list[str]:
        """The words, without a short last one, which may still be being typed."""
        found = self.words
        if len(found) > 1 and len(found[-1]) < 3 and not is_dense(found[-1]):
            return found[:-1]
        return found

    def with_a_spoilt_piece(self) -> str | None:
        """Each chunk as a run of a name, in which one mistake may be anywhere.

        Cut into three, a mistake spoils one piece at most; of shorter ones, one of two halves.
        """
        parts: list[str] = []
        for chunk in self.chunks:
            squeezed = "".join(chunk)[:MAX_RUN]
            if not squeezed.isascii() or len(squeezed) < 6:
                parts += map(word_expression, chunk)
                continue
            cuts = 3 if len(squeezed) >= 9 else 2
            size = -(-len(squeezed) // cuts)
            pieces = [every(map(term, grams(squeezed[at * size :][:size]))) for at in range(cuts)]
            whole = list(filter(None, pieces))
            if cuts == 2 or len(whole) < 3:
                parts.append(some(whole))
            else:
                parts.append(some(map(every, combinations(whole, 2))))
        return every(parts) or None
