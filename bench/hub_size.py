"""A catalogue of the size of the public hub, made up: names, tags, cards and counters by Zipf."""

import random
from collections.abc import Callable, Iterator
from itertools import accumulate

from hearthub.catalogue import Counters, Facts, Listing
from hearthub.catalogue.listings import Listings
from hearthub.context import Hub
from hearthub.db import batches

REPOS = 2_500_000
USERS = 11_000_000
DAY_MS = 86_400_000
NOW = 1_790_000_000_000  # fixed, so that runs compare

FAMILIES = """qwen2 qwen2.5 qwen3 qwen3.5 llama-2 llama-3 llama-3.1 llama-3.2 mistral mixtral gemma
gemma-2 gemma-3 phi-3 phi-4 deepseek-v3 deepseek-r1 smollm2 falcon bloom gpt2 gpt-oss bert roberta
distilbert deberta-v3 electra t5 flan-t5 bart pegasus whisper wav2vec2 hubert clip siglip vit dinov2
swin resnet convnext yolo sam stable-diffusion sdxl flux wan hunyuan kokoro parler xlm-roberta
minilm e5 bge gte nomic jina colbert timesfm chronos openvla smolvla act pi0 granite olmo pythia
""".split()
SIZES = (
    "0.5b 1b 1.5b 3b 4b 7b 8b 9b 13b 14b 27b 30b-a3b 32b 70b 72b 235b tiny small base large".split()
)
VARIANTS = """instruct chat base it thinking coder math vl vision audio sft dpo grpo lora merged
distill finetuned ner sentiment summarization translation medical legal finance japanese chinese
korean german french uncensored roleplay storyteller embedding reranker classifier v1 v2 v3
""".split()
QUANTS = ["", "", "", "", "gguf", "awq", "gptq-int4", "mlx-4bit", "fp8", "bnb-4bit", "imatrix"]
TASKS = """text-generation text-classification image-text-to-text text-to-image fill-mask
feature-extraction automatic-speech-recognition image-classification token-classification
sentence-similarity reinforcement-learning text-to-speech robotics question-answering translation
summarization object-detection text-to-video image-segmentation audio-classification any-to-any
""".split()
LIBRARIES = "transformers diffusers peft sentence-transformers gguf mlx timm lerobot keras".split()
LICENSES = "apache-2.0 mit other llama3.1 gemma cc-by-4.0 openrail cc-by-nc-4.0".split()
LANGUAGES = "en zh ja ko de fr es ru ar hi pt it vi th id multilingual".split()
TEXT = """model trained on data for the task with evaluation results loss learning rate epochs batch
size training procedure intended uses limitations dataset language generation quantized weights
original license usage example pipeline tokenizer context length benchmark accuracy inference
memory hardware merge method parameters adapter reward policy simulation robot arm episodes video
image caption audio speech transcription embedding retrieval search
""".split()
EAST = "模型训练 数据 推理 中文 日本語モデル 学習 音声認識 翻訳 한국어 모델 번역 요약".split()
TAGS = 20_000
AUTHORS = 400_000


class Zipf:
    """Draws from a list, its first entries far more often than its last."""

    def __init__(self, rng: random.Random, population: int, exponent: float = 1.0) -> None:
        self.rng, self.population = rng, range(population)
        self.weights = list(accumulate(1 / (n + 1) ** exponent for n in self.population))

    def draw(self, many: int) -> list[int]:
        return self.rng.choices(self.population, cum_weights=self.weights, k=many)


def listings(count: int = REPOS, seed: int = 7, observed: float = 0.0) -> Iterator[Listing]:
    """`count` listings of repos numbered from 1; names are unique, one in fifty is private.

    `observed`: the part of them that is observed elsewhere.
    """
    rng = random.Random(seed)
    tags, authors = Zipf(rng, TAGS), Zipf(rng, AUTHORS, 0.8)
    words = Zipf(rng, len(TEXT), 0.5)
    for number in range(1, count + 1):
        kind = rng.choices(("model", "dataset", "space"), (70, 20, 10))[0]
        author = authors.draw(1)[0]
        modified = NOW - int(rng.expovariate(1 / 200)) * DAY_MS - rng.randrange(DAY_MS)
        downloads = int(min(1e9, rng.paretovariate(0.45))) - 1
        elsewhere = rng.random() < observed
        yield Listing(
            type=kind,
            full_name=f"{author_name(author)}/{name(rng, number)}",
            facts=facts(rng, kind, [f"tag-{n}" for n in tags.draw(4)], words.draw(40)),
            counters=Counters(
                created=modified - rng.randrange(90) * DAY_MS,
                modified=modified,
                downloads=downloads,
                downloads_all=downloads * 8,
                likes=downloads // 200 + (rng.random() < 0.2),
                trending=float(downloads // 5000 if modified > NOW - 42 * DAY_MS else 0),
            ),
            origin="huggingface.co" if elsewhere else "",
            repo_id=None if elsewhere else number,
            commit=None if elsewhere else "0" * 40,
            owner_id=None if elsewhere else author + 1,
            is_private=not elsewhere and rng.random() < 0.02,
            gated="auto" if rng.random() < 0.02 else None,
        )


def author_name(number: int) -> str:
    return (
        f"{FAMILIES[number % 60].replace('.', '')}-lab-{number}" if number % 3 else f"user{number}"
    )


def name(rng: random.Random, number: int) -> str:
    parts = [rng.choice(FAMILIES), rng.choice(SIZES), rng.choice(VARIANTS), rng.choice(QUANTS)]
    return "-".join(filter(None, [*parts, f"{number:x}" if rng.random() < 0.9 else f"run{number}"]))


def facts(rng: random.Random, kind: str, tags: list[str], words: list[int]) -> Facts:
    text = " ".join(TEXT[n] for n in words)
    if rng.random() < 0.15:
        text += " " + " ".join(rng.choices(EAST, k=8))
    language, license_ = rng.choice(LANGUAGES), rng.choice(LICENSES)
    known = {"licenses": [license_], "languages": [language], "card_text": text}
    tags = [*tags, f"license:{license_}", "region:us"]
    if kind != "model":
        return Facts(tags=[*tags, f"language:{language}"], **known)
    task = TASKS[min(int(rng.expovariate(0.25)), len(TASKS) - 1)]
    library = LIBRARIES[min(int(rng.expovariate(0.7)), len(LIBRARIES) - 1)]
    total = int(10 ** rng.uniform(6, 11.5)) if rng.random() < 0.6 else None
    need = {"need_bytes": 2 * total + 2**30} if total else {}
    return Facts(
        tags=[library, "safetensors", task, language, *tags],
        card={"license": license_},
        library=library,
        pipeline_tag=task,
        formats=["safetensors"],
        parameters_total=total,
        fit={"confidence": "config", **need},
        weighed=True,
        **known,
    )


def fill(hub: Hub, repos: int, users: int, say: Callable[[str], None]) -> None:
    """Accounts, repos with heads that no object store has, and their listings."""
    users = max(users, AUTHORS)
    say(f"{users:,} accounts")
    for some in batches(range(1, users + 1), 50_000):
        hub.db.execute_many(
            "insert into account (id, key, name, kind, fullname, created) "
            "values (:id, :key, :name, 'user', :name, :now)",
            [
                {"id": n, "key": (name := account_name(n)).lower(), "name": name, "now": NOW}
                for n in some
            ],
        )
    say(f"{repos:,} repos")
    hub.catalogue_db.value("pragma cache_size = -262144")
    with Listings(hub.catalogue_db).in_bulk() as rows:
        rows.put(_hosted(hub, listings(repos), say), anew=True)
        hub.catalogue.mark_whole()


def _hosted(hub: Hub, made: Iterator[Listing], say: Callable[[str], None]) -> Iterator[Listing]:
    """The same listings, once the repos they are of have been written."""
    for number, some in enumerate(batches(made, 10_000), 1):
        rows = [_repo(listing) for listing in some]
        with hub.db.transaction():
            hub.db.execute_many(_REPO, rows)
            hub.db.execute_many(_REF, rows)
        if number % 25 == 0:
            say(f"{number * 10_000:,}")
        yield from some


_REPO = """
insert into repo (id, uid, type, owner_id, namespace, name, key, visibility, gated, created,
  modified) values (:id, :uid, :type, :owner, :namespace, :name, :key, :visibility, :gated,
  :created, :modified)"""
_REF = """
insert into ref (repo_id, name, oid, commit_oid, updated)
values (:id, 'refs/heads/main', :oid, :oid, :modified)"""


def _repo(listing: Listing) -> dict[str, object]:
    namespace, _, name = listing.full_name.partition("/")
    return {
        "id": listing.repo_id,
        "uid": f"{listing.repo_id:024x}",
        "type": listing.type,
        "owner": listing.owner_id,
        "namespace": namespace,
        "name": name,
        "key": listing.key,
        "visibility": "private" if listing.is_private else "public",
        "gated": listing.gated,
        "created": listing.counters.created,
        "modified": listing.counters.modified,
        "oid": listing.commit,
    }


def account_name(number: int) -> str:
    """The owners of repos come first."""
    return author_name(number - 1) if number <= AUTHORS else f"person-{number:x}"
