"""Words of cards that hang together, as terms of the index."""

import pytest

from hearthub.catalogue.terms import MAX_CARD_WORDS, MAX_GLUED, MAX_WORD, card_words, glued


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        (["gemma", "2"], ["gemma2"]),
        (["llama", "3", "1", "8b", "instruct"], ["llama318b", "instruct"]),
        (["7b", "instruct"], ["7b", "instruct"]),
        (["stable", "diffusion"], ["stable", "diffusion"]),
        (["模型", "2"], ["模型", "2"]),
        ([], []),
    ],
)
def test_glued(pieces: list[str], found: list[str]) -> None:
    assert glued(pieces) == found


@pytest.mark.parametrize(
    ("card", "has", "has_not"),
    [
        ("A Llama-3.1-8B of ours", "w:llama3 w:llama31 w:llama318b w:llama w:8b", "w:3 w:318b"),
        ("gpt_oss and gpt-4", "w:gpt4 w:oss", "w:gptoss"),
        ("It ends.It begins a.b", "w:ends w:it", "w:endsit w:ab"),
        ("モデルgemma-2の調整", "w:gemma2", ""),
    ],
)
def test_of_a_card(card: str, has: str, has_not: str) -> None:
    found = set(card_words(card).split())
    assert set(has.split()) <= found
    assert not set(has_not.split()) & found


def test_a_card_that_is_all_hyphens() -> None:
    # Whatever takes the square of its length, in time or in memory, does not end here.
    found = card_words("-".join("ab" for _ in range(500_000))).split()
    assert max(map(len, found)) <= MAX_WORD + len("w:")
    many = " ".join(f"word-{n} other{n}" for n in range(2000))
    words = card_words(many).split()
    assert len(words) == MAX_CARD_WORDS
    assert sum(word.startswith("w:word") for word in words) == MAX_GLUED + 1
