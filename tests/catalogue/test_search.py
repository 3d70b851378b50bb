"""Search in any script, of names and cards, mistaken or in part; and questions made to break it."""

from random import Random

import pytest

from catalogue.shelves import ELSEWHERE, create, everything, find, names, observed, settle
from catalogue.ways import take
from hearthub.accounts import ANONYMOUS
from hearthub.catalogue import Filter, Page, lists, search
from hearthub.context import Hub

CARDS = {
    "acme/chinese": "这是一个用于情感分析的大型语言模型。支持中文。",
    "acme/japanese": "これは日本語の感情分析モデルです。猫が好き。",
    "acme/korean": "한국어 감정 분석 모델입니다. 고양이를 좋아합니다.",
    "acme/thai": "โมเดลวิเคราะห์ความรู้สึกภาษาไทย",
    "acme/russian": "Модель для анализа настроений на русском языке. Ёжик и йод.",
    "acme/french": "Modèle d'analyse des sentiments, entraîné en français. Œuvre.",
    "acme/greek": "Ανάλυση συναισθήματος στα ελληνικά",
    "acme/arabic": "نموذج لتحليل المشاعر باللغة العربية",
    "acme/hindi": "हिन्दी भाषा में भावना विश्लेषण",
    "acme/hebrew": "מודל לניתוח רגשות בעברית",
    "acme/german": "Stimmungsanalyse für große Straßen",
    "acme/turkish": "İstanbul duygu çözümlemesi",
    "acme/halfwidth": "ｶﾞﾗｽ ﾃﾞｰﾀ",
    "acme/rare": "𠮷野家 is written with a rare character",
    "acme/lone": "犬\n\n虎",
}
ASKED = {
    "acme/chinese": ["情感分析", "语言模型", "模型", "大型 中文", "中文", "情"],
    "acme/japanese": ["日本語", "感情", "モデル", "猫", "日本語 モデル"],
    "acme/korean": ["한국어", "한국", "감정 분석", "고양이", "모델"],
    "acme/thai": ["ภาษาไทย", "วิเคราะห์"],
    "acme/russian": ["русском", "МОДЕЛЬ", "анализ", "ежик", "ёжик", "Йод", "русск"],
    "acme/french": ["modele", "Modèle", "francais", "FRANÇAIS", "entraine", "français modèle"],
    "acme/greek": ["ελληνικα", "ΑΝΑΛΥΣΗ", "συναισθήματος"],
    "acme/arabic": ["المشاعر", "العربية"],
    "acme/hindi": ["हिन्दी", "भावना"],
    "acme/hebrew": ["רגשות", "בעברית"],
    "acme/german": ["fur", "strassen", "Straßen", "GROSSE"],
    "acme/turkish": ["istanbul", "cozumlemesi"],
    "acme/halfwidth": ["ガラス", "データ", "ﾃﾞｰﾀ"],
    "acme/rare": ["𠮷野", "𠮷野家"],
    "acme/lone": ["犬", "虎"],
}
WIDE = {n: n + 0xFEE0 for n in range(0x21, 0x7F)}
NAMED = {
    "acme/Qwen2.5-7B-Instruct": [
        "qwen2.5",
        "Qwen2.5-7B",
        "qwen25",
        "instruct qwen",
        "7b qwen2.5 instruct",
        "qwen2.5-7b-instrcut",
        "qwne2.5 instruct",
        "QWEN2.5".translate(WIDE),
        "qwen".translate(WIDE),
        "7b",
        "acme/qwen2.5-7b-instruct",
        "acme qwen",
        "QWEN2.5 " * 20,
        "qwen2.5_7b.instruct",
        "qwen 2.5 7b",
        "https qwen2.5 7b instruct",
    ],
    "acme/ai": ["ai", "AI", "acme/ai"],
    "acme/x": ["x", "acme/x"],
    "acme/Überraschung".replace("Ü", "U"): ["überraschung", "UBERRASCHUNG"],
}
NOTHING = [
    "😀",
    "🤗🤗🤗",
    "///",
    "- _ .",
    "…",
    "\u0301",
    "\u200b",
    "()",
    '"',
    "*",
    "zzqxj",
    "qzxwvk" * 40,
    "鑫淼",
    "a" * 5000,
    "蟲",
]


@pytest.fixture(scope="module")
def hub(shared: Hub) -> Hub:
    for name, card in CARDS.items():
        create(shared, name, card)
    for name in NAMED:
        create(shared, name, "Everything about ducks.")
    settle(shared)
    return shared


@pytest.mark.parametrize(("name", "typed"), [(n, q) for n, many in ASKED.items() for q in many])
def test_words_of_a_card_in_any_script(hub: Hub, name: str, typed: str) -> None:
    assert name in find(hub, typed)
    by_likes = names(everything(hub, ANONYMOUS, Filter("model", search=typed), Page("likes")))
    assert name in by_likes
    assert len(by_likes) <= 3
    assert name in names(hub.catalogue.suggest(ANONYMOUS, "model", typed, 5))
    assert hub.catalogue.facet_counts(ANONYMOUS, Filter("model", search=typed)).total <= 3


@pytest.mark.parametrize(("name", "typed"), [(n, q) for n, many in NAMED.items() for q in many])
def test_names_however_they_are_typed(hub: Hub, name: str, typed: str) -> None:
    assert find(hub, typed)[0] == name
    assert names(hub.catalogue.suggest(ANONYMOUS, "model", typed, 5))[0] == name


RUNS = {
    "a/uber-alert": "",  # has all that bert is made of, three letters at a time
    "a/bert-base": "",
    "a/rober.ta": "",
    "a/RoB_ERT": "",
    "a/plain": "A small bert of ours, on a base of whales.",
    "a/tuned": "Made of Heron-2.1-9b. 9 herons, no heron 3.",
    "a/he-ron_2": "",
}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("bert", {"a/bert-base", "a/rober.ta", "a/RoB_ERT", "a/plain"}),
        ("bert-base", {"a/bert-base", "a/plain"}),
        ("base bert", {"a/bert-base", "a/plain"}),
        ("bert whales", {"a/plain"}),
        ("uberal ert", {"a/uber-alert"}),
        ("roberta", {"a/rober.ta"}),
        ("heron-2", {"a/tuned", "a/he-ron_2"}),
        ("heron2", {"a/tuned", "a/he-ron_2"}),
        ("heron_2.1", {"a/tuned"}),
        ("made heron-2-1-9b", {"a/tuned"}),
        ("heron-3", set()),
        ("heron-9", set()),
    ],
)
def test_a_sorted_search_finds_runs_and_words(hub: Hub, typed: str, found: set[str]) -> None:
    hub.catalogue.observe(
        observed(name, origin="runs.example", card_text=card) for name, card in RUNS.items()
    )
    wanted = Filter("model", search=typed, origin="runs.example")
    for sort in ("likes", "downloads"):
        rows = everything(hub, ANONYMOUS, wanted, Page(sort, limit=1))
        assert sorted(names(rows)) == sorted(found)


def test_few_are_ranked_as_many(shared: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether names and cards are compared or the index is asked: the same, in the same order."""
    rng, pieces = Random(8), "ber bert uber alert t qwen2 5 7b b rob roberta ta x".split()

    def some(most: int) -> list[str]:
        return rng.choices(pieces, k=rng.randrange(1, most))

    shared.catalogue.observe(
        observed(
            f"{rng.choice(['bert', 'few'])}/{rng.choice('-_.').join([*some(4), f'n{n}'])}",
            origin="few.example",
            card_text=" ".join(some(6)),
            downloads=rng.randrange(1000),
            parameters_total=rng.choice([None, 10**9, 10**10]),
        )
        for n in range(150)
    )
    told = 0
    for _ in range(120):
        typed = "".join(f"{it}{rng.choice(['', ' ', '-', '/', '.'])}" for it in some(4)).strip()
        sizes = rng.choice([None, (None, 2 * 10**9)])
        wanted = Filter("model", search=typed, origin="few.example", parameters=sizes)
        found = []
        for few in (0, 500):
            monkeypatch.setattr(search, "FEW", few)
            rows = everything(shared, ANONYMOUS, wanted, Page(limit=11))
            found.append([(row.place, *names([row])) for row in rows])
        assert found[0] == found[1], typed
        told += bool(found[0])
    assert told > 60


@pytest.mark.parametrize("typed", NOTHING)
def test_what_nothing_has_finds_nothing(hub: Hub, typed: str) -> None:
    """And not, for want of a word to look for, everything."""
    assert find(hub, typed) == []
    assert names(hub.catalogue.suggest(ANONYMOUS, "model", typed, 5)) == []
    for sort in ("likes", "created"):
        with pytest.MonkeyPatch.context() as patch:
            for walk in (False, True):
                take(patch, walk=walk)
                patch.setattr(lists, "MANY", 0 if walk else 2000)
                wanted = Filter("model", search=typed)
                assert names(everything(hub, ANONYMOUS, wanted, Page(sort))) == []
    found = hub.catalogue.facet_counts(ANONYMOUS, Filter("model", search=typed))
    assert (found.total, found.counts) == (0, {})


def test_blanks_alone_are_no_search(hub: Hub) -> None:
    everyone = len(CARDS) + len(NAMED)
    assert len(everything(hub, ANONYMOUS, Filter("model", search="   "), Page("likes"))) in (
        0,
        everyone,
    )


@pytest.mark.parametrize(
    "typed",
    [
        'ducks" OR "a',
        "ducks OR wombat",
        "NOT ducks",
        "NEAR(ducks about, 5)",
        "^ducks",
        "duck*",
        "terms:ducks",
        "{terms}: ducks",
        "ducks AND",
        "(ducks",
        "ducks)))",
        '""ducks""',
        "ducks -everything",
        "'; delete from listing; --ducks",
        "ducks\0about",
        "ducks\n\tabout",
        "s:0 ducks",
        "f:1",
    ],
)
def test_syntax_is_text(hub: Hub, typed: str) -> None:
    count = hub.catalogue.facet_counts(ANONYMOUS, Filter("model")).total
    for sort in (None, "likes"):
        found = names(everything(hub, ANONYMOUS, Filter("model", search=typed), Page(sort)))
        assert set(found) <= {*NAMED, *CARDS}
        assert len(found) < count
    hub.catalogue.suggest(ANONYMOUS, "model", typed, 5)
    assert hub.catalogue.facet_counts(ANONYMOUS, Filter("model")).total == count


@pytest.fixture
def crowd(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Many that fit a word, the more popular the higher their number."""
    hub.catalogue.observe(
        observed(f"crowd{n % 7}/tortoise-{n:03d}", "dataset", downloads=n) for n in range(150)
    )
    hub.catalogue.observe([observed("plain/tortoise", "dataset")])
    monkeypatch.setattr(search, "HEAD", 20)
    return hub


@pytest.mark.parametrize("limit", [1, 7, 20, 100])
def test_pages_of_a_search_hold_all_of_it_once(crowd: Hub, limit: int) -> None:
    """Beyond the best ones too, and with one among them that few people use."""
    wanted = Filter("dataset", search="tortoise", origin=ELSEWHERE)
    found = names(everything(crowd, ANONYMOUS, wanted, Page(limit=limit)))
    assert len(found) == len(set(found)) == 151
    assert found[0] == "plain/tortoise"


def test_the_very_name_comes_first(crowd: Hub) -> None:
    for typed in ("tortoise", "plain/tortoise", "Plain/Tortoise", "TORTOISE"):
        assert find(crowd, typed, "dataset", ELSEWHERE)[0] == "plain/tortoise"
    assert find(crowd, "crowd3/tortoise-003", "dataset", ELSEWHERE)[0] == "crowd3/tortoise-003"
    others = Filter("dataset", [[("author", "crowd1")]], search="tortoise", origin=ELSEWHERE)
    assert "plain/tortoise" not in names(everything(crowd, ANONYMOUS, others))


def test_popular_ones_lead_among_equals(crowd: Hub) -> None:
    found = find(crowd, "crowd5", "dataset", ELSEWHERE)
    assert found[:3] == ["crowd5/tortoise-145", "crowd5/tortoise-138", "crowd5/tortoise-131"]


def test_names_without_an_owner(hub: Hub) -> None:
    """As some of the public hub's oldest have none."""
    hub.catalogue.observe([observed("gpt2", "space"), observed("acme/gpt2-xl", "space")])
    for typed in ("gpt2", "GPT2", "gpt-2"):
        assert find(hub, typed, "space", ELSEWHERE)[0] == "gpt2"


def test_anything_typed_is_answered(hub: Hub) -> None:
    """Random text from many scripts, a part of it syntax: no error, no private repo."""
    create(hub, "acme/secret", "quokka", visibility="private")
    settle(hub)
    rng = Random(5)
    some = "\"*^()-+:{}NEAR AND OR NOT \0\x1f/.\\'%_\uff41模型ﬀßİ\u0301\u200d😀กา한ﾞabc012"
    for _ in range(60):
        typed = "".join(rng.choices(some, k=rng.randrange(1, 60)))
        found = names(everything(hub, ANONYMOUS, Filter("model", search=typed), most=3))
        found += names(hub.catalogue.suggest(ANONYMOUS, "model", typed, 5))
        wanted = Filter("model", search=typed)
        found += names(everything(hub, ANONYMOUS, wanted, Page("likes"), most=3))
        assert "acme/secret" not in found


@pytest.mark.parametrize("piece", ["abc ", "ab-", "模型", "a/", "é", "\u0301"])
def test_long_questions_are_cut(hub: Hub, piece: str) -> None:
    """As if no more than their start had been typed."""
    typed, start = piece * 100_000, (piece * 200)[:200]
    assert find(hub, typed) == find(hub, start)
    hub.catalogue.suggest(ANONYMOUS, "model", typed, 5)
