"""Who is on the made-up hub, and what they publish beside what is planted.

No namespace here is anybody's: organisations are pairs of words, and persons are called invented.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from demo.counters import HALF_LIFE, Made, Wave
from demo.planted import DAYS, FLOOD, FLOODED, LAST, QUANTISERS, ROBOTS

Size = tuple[str, int]
"""As it stands in a name, and parameters."""
_B = 1_000_000_000
TEXT: tuple[Size, ...] = (
    ("0.6b", 620_000_000), ("1.5b", 1_540_000_000), ("4b", 4_020_000_000), ("8b", 8_030_000_000),
    ("14b", 14_200_000_000), ("32b", 32_500_000_000), ("70b", 70_600_000_000),
)  # fmt: skip
EXPERTS: tuple[Size, ...] = (
    ("30b-a3b", 30_500_000_000), ("120b-a5b", 117 * _B), ("235b-a22b", 235 * _B),
    ("400b-a17b", 398 * _B),
)  # fmt: skip
ENCODERS: tuple[Size, ...] = (
    ("mini-22m", 22_700_000), ("small-33m", 33_400_000), ("base-110m", 109_000_000),
    ("large-335m", 335_000_000),
)  # fmt: skip
SEEING: tuple[Size, ...] = (("vl-2b", 2_200_000_000), ("vl-8b", 8_300_000_000), ("vl-32b", 33 * _B))
DRAWING: tuple[Size, ...] = (("image-3b", 3 * _B), ("image-12b", 12 * _B))
FILMING: tuple[Size, ...] = (("video-2b", 2 * _B), ("video-14b", 14 * _B))
SPEAKING: tuple[Size, ...] = (("asr-0.3b", 310_000_000), ("tts-1.5b", 1_600_000_000))
ACTING: tuple[Size, ...] = (("vla-3b", 3_300_000_000), ("vla-0.5b", 450_000_000))


@dataclass(frozen=True)
class Maker:
    """An organisation and what it makes. `weight`: how much others look at it."""

    name: str
    sizes: tuple[Size, ...]
    task: str
    releases: int
    weight: float = 1.0
    library: str = "transformers"
    tags: tuple[str, ...] = ()
    licences: tuple[str, ...] = ("apache-2.0",)

    @property
    def family(self) -> str:
        return self.name.partition("-")[0]


_TEXT = "text-generation"
MAKERS = (
    Maker("ember-hollow", TEXT, _TEXT, 8, 3.0),
    Maker("lantern-quay", TEXT, _TEXT, 7, 2.0, licences=("apache-2.0", "cc-by-nc-4.0")),
    Maker("bellows-loft", TEXT, _TEXT, 6, 1.4, licences=("mit",)),
    Maker("flint-orchard", TEXT, _TEXT, 6, 1.0, licences=("openrail",)),
    Maker("kiln-meadow", EXPERTS, _TEXT, 7, 2.5, tags=("moe",), licences=("mit",)),
    Maker("furnace-atoll", EXPERTS, _TEXT, 5, 1.6, tags=("moe",), licences=("openrail", "mit")),
    Maker("brazier-tundra", TEXT, _TEXT, 5, 0.8, tags=("code",)),
    Maker("spark-dovecote", TEXT, _TEXT, 5, 1.2, tags=("reasoning", "distillation"),
          licences=("mit",)),
    Maker("tallow-archive", TEXT, _TEXT, 4, 0.5, licences=("cc-by-sa-4.0",)),
    Maker("cinder-thicket", ENCODERS, "sentence-similarity", 5, 0.5, "sentence-transformers"),
    Maker("soot-lattice", ENCODERS, "fill-mask", 4, 0.3, tags=("bert",)),
    Maker("inglenook-reach", ENCODERS, "text-classification", 4, 0.3, licences=("mit",)),
    Maker("pyrite-canopy", SEEING, "image-text-to-text", 6, 1.5, licences=("apache-2.0", "mit")),
    Maker("beacon-terrace", SEEING, "image-text-to-text", 4, 0.9),
    Maker("hob-lagoon", SEEING, "image-text-to-text", 4, 0.9, tags=("gui-agent",)),
    Maker("glow-parapet", DRAWING, "text-to-image", 5, 1.5, "diffusers",
          licences=("openrail", "cc-by-nc-4.0")),
    Maker("aurora-anvil", FILMING, "text-to-video", 5, 1.3, "diffusers", ("video",),
          ("openrail",)),
    Maker("wick-parlour", SPEAKING, "automatic-speech-recognition", 5, 0.8, tags=("speech",)),
    Maker("pincer-fjord", ACTING, "robotics", 4, 0.6, "lerobot", ("robotics",)),
    Maker("torch-estuary", TEXT, _TEXT, 4, 0.6, licences=("gpl-3.0", "apache-2.0")),
)  # fmt: skip
_BIRDS = """
heron wren plover avocet siskin dunlin linnet godwit curlew fulmar gannet kestrel merlin osprey
petrel pipit redstart serin shrike snipe sparrow starling stilt swift teal tern thrush turnstone
twite whimbrel""".split()
PERSONS = tuple(f"invented-{bird}" for bird in _BIRDS)
_SHADES = "tuned chat roleplay sql legal-ja haiku math kitchen polite story".split()


def models(seed: int) -> Iterator[Made]:
    chance = Random(f"{seed}/models")
    bases: list[Made] = []
    for maker in MAKERS:
        when = sorted(chance.uniform(-220, LAST - 9) for _ in range(maker.releases))
        for number, day in enumerate(when, 1):
            base = _release(chance, maker, number, day)
            bases.append(base)
            yield base
            yield from _children(chance, base)
    for number in range(24):
        yield _merge(chance, bases, number)


def _release(chance: Random, maker: Maker, number: int, day: float) -> Made:
    label, size = maker.sizes[(number * 3 + len(maker.name)) % len(maker.sizes)]
    likes = 30 * maker.weight * chance.lognormvariate(0, 0.8)
    small = (_B / (size + 0.1 * _B)) ** 0.4
    floor = 90 * maker.weight * small * chance.lognormvariate(0, 1.3)
    if maker.sizes is ENCODERS:
        floor *= 60  # what runs in other people's programs, year after year
    task = "text-to-speech" if label.startswith("tts") else maker.task
    half = HALF_LIFE * chance.lognormvariate(0, 0.15)
    return Made(
        "model", f"{maker.name}/{maker.family}-{number}-{label}", day,
        (Wave(day, likes, likes * 90 * small + 40, half),), floor, task, maker.library,
        chance.choice(maker.licences), maker.tags,
        chance.choice((("en",), ("en", "ja"), ("en", "zh", "fr"), ("en", "de", "es"))), size,
    )  # fmt: skip


def _children(chance: Random, base: Made) -> Iterator[Made]:
    """Made from it by others, more of them where it is liked more."""
    if base.task in ("text-classification", "fill-mask", "sentence-similarity", "robotics"):
        many = 2
    else:
        many = 2 + round(0.25 * base.waves[0].likes ** 0.7)
    taken = set[str]()
    for _ in range(min(many, 16)):
        relation = chance.choices(("finetune", "adapter", "quantized"), (4, 2, 4))[0]
        later = chance.expovariate(1 / 30) + 0.02
        if relation == "quantized" and chance.random() < 0.3:
            later = chance.uniform(0.03, 0.9)  # within a day
        child = _child(chance, base, relation, base.day + later)
        if child.day < DAYS - 0.1 and child.id not in taken:
            taken.add(child.id)
            yield child


def _child(chance: Random, base: Made, relation: str, day: float) -> Made:
    name = base.id.partition("/")[2]
    likes = base.waves[0].likes * 0.02 * chance.lognormvariate(0, 0.9)
    downloads = base.waves[0].downloads * 0.05 * chance.lognormvariate(0, 1.0)
    library, tags, parameters = base.library, base.tags, base.parameters
    if relation == "quantized":
        form = chance.choice(("GGUF", "AWQ", "MLX-4bit", "GPTQ-Int4"))
        who, name = chance.choice(QUANTISERS), f"{name}-{form}"
        library = {"GGUF": "gguf", "MLX-4bit": "mlx"}.get(form, library)
        tags, parameters, downloads = (*tags, (library or "")), None, downloads * 4
    else:
        shade = chance.choice(_SHADES)
        who, name = chance.choice(PERSONS), f"{name}-{shade}"
        if relation == "adapter":
            name, library, parameters = f"{name}-lora", "peft", None
    licence = chance.choices((base.licence, "apache-2.0", None), (76, 12, 12))[0]
    return replace(
        base, id=f"{who}/{name}", day=day, waves=(Wave(day, likes, downloads),), floor=0.6 + likes,
        licence=licence, library=library, tags=tags, parameters=parameters, base=base.id,
        relation=relation,
    )  # fmt: skip


def _merge(chance: Random, bases: Sequence[Made], number: int) -> Made:
    base = chance.choice([each for each in bases if each.task == _TEXT and each.day < LAST - 60])
    day = chance.uniform(max(0.0, base.day + 5), LAST - 10)
    return replace(
        base, id=f"{chance.choice(PERSONS)}/hearthside-blend-{number}", day=day,
        waves=(Wave(day, 0.3, 12),), floor=0.6, base=base.id, relation="merge",
    )  # fmt: skip


_LICENCES = ("cc-by-4.0", "cc0-1.0", "cc-by-nc-4.0", None)
_SUBJECTS = (
    ("text-generation", "letters dialogues recipes proverbs minutes stories"),
    ("text-classification", "reviews complaints headlines moods"),
    ("question-answering", "riddles quizzes exams"),
    ("translation", "phrasebook subtitles"),
    ("image-classification", "stoves kettles leaves"),
    ("automatic-speech-recognition", "fireside-voices radio"),
    ("text-to-video", "flames weather"),
    ("tabular-classification", "ledgers sensors"),
    (None, "dump scraps notes"),
)


def datasets(seed: int) -> Iterator[Made]:
    chance = Random(f"{seed}/datasets")
    owners = [maker.name for maker in MAKERS] + list(PERSONS)
    for number in range(170):
        task, words = chance.choice(_SUBJECTS)
        day = chance.uniform(-300, LAST)
        name = f"{chance.choice(owners)}/{chance.choice(words.split())}-{number}"
        tags = (f"task_categories:{task}",) if task else ()
        likes = 0.25 * chance.lognormvariate(0, 1)
        yield Made(
            "dataset", name, day, (Wave(day, likes, likes * 150),), 3 * chance.random(), None,
            "datasets", chance.choice(_LICENCES), tags, ("en",),
        )  # fmt: skip
    yield from _flood(chance)


def _flood(chance: Random) -> Iterator[Made]:
    """Many nearly equal ones at once, as a robot's owner uploads each evening's episodes."""
    evening = FLOOD + 0.8
    for number in range(FLOODED):
        if number % 10 == 0:
            evening = FLOOD + 0.8 + 7.6 * (number // 10)
            owner = chance.choice(ROBOTS)
        day = evening + number % 10 / 2000
        yield Made(
            "dataset", f"{owner}/pick-cube-episodes-{number:03}", day, (Wave(day, 0.02, 2),), 0.1,
            None, "lerobot", "apache-2.0", ("LeRobot", "task_categories:robotics"),
        )  # fmt: skip


def spaces(seed: int) -> Iterator[Made]:
    chance = Random(f"{seed}/spaces")
    owners = [maker.name for maker in MAKERS] + list(PERSONS)
    for number in range(110):
        day = chance.uniform(-200, LAST)
        name = f"{chance.choice(owners)}/{chance.choice(_SHADES)}-{number}"
        likes = 0.5 * chance.lognormvariate(0, 1.2)
        sdk = chance.choices(("gradio", "static", "docker"), (6, 2, 2))[0]
        yield Made("space", name, day, (Wave(day, likes),), library=sdk)
