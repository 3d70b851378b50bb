"""What happens in the made-up year, on purpose: each event with its day and its repo."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from demo.counters import Made, Wave

DAYS = 365
LAST = DAYS - 1
"""Yesterday, when the year was made."""


@dataclass(frozen=True)
class Event:
    kind: str
    day: int
    repo: str | None
    """None: all of them."""
    what: str

    def on(self, first: date) -> date:
        return first + timedelta(self.day)


LAUNCH = "ember-hollow/ember-4-8b-instruct"
RELICENSED = "lantern-quay/lantern-2-7b"
RENAMED, FORMER = "bellows-loft/bellows-3b-base", "bellows-loft/bellows-preview-3b"
REMOVED = "flint-orchard/flint-13b-chat"
RESET = "cinder-thicket/cinder-embed-small"
CI = "soot-lattice/soot-mini-encoder"
UNUSED = "aurora-anvil/aurora-video-14b"
AGAIN = "kiln-meadow/kiln-30b-a3b"
NEWCOMERS = (
    "pyrite-canopy/pyrite-vl-3b",
    "wick-parlour/wick-tts-0.8b",
    "hob-lagoon/hob-gui-7b",
    "spark-dovecote/spark-r1-distill-4b",
)
QUANTISERS = ("tinder-granary", "kindling-wharf")
QUANTS = tuple(
    f"{QUANTISERS[index % 2]}/ember-4-8b-instruct-{suffix}"
    for index, suffix in enumerate(("GGUF", "AWQ", "GPTQ-Int4", "MLX-4bit", "FP8", "i1-GGUF"))
)
ROBOTS = ("pincer-fjord", "gripper-moss", "tendon-delta")
FLOOD, FLOODED = LAST - 110, 150
"""The day on which robotics data sets begin to pour in, and how many do."""
STALLED = (LAST - 50, LAST - 49)

# The launch lies in the last week that is over, whatever day of the week the year ends on.
EVENTS = (
    Event("launch that takes off", LAST - 6, LAUNCH, "far more likes a day than anything else"),
    Event("day-one quants", LAST - 6, LAUNCH, "six quantised versions within 24 hours"),
    *(Event("newcomer", LAST - 4 + i, repo, "young, and on the trending list for the first time")
      for i, repo in enumerate(NEWCOMERS)),
    Event("re-entrant", LAST - 3, AGAIN, "back on the trending list after five months"),
    Event("counter reset", LAST - 20, RESET, "its all-time downloads begin at nothing again"),
    Event("CI burst", LAST - 35, CI, "60,000 downloads on workdays, hardly any at weekends"),
    Event("stall of counters", STALLED[0], None, "downloads stand still for two days"),
    Event("watched, not used", LAST - 60, UNUSED, "hundreds of likes and hardly a download"),
    Event("removal", LAST - 75, REMOVED, "gone from the list"),
    Event("licence change", LAST - 100, RELICENSED, "from apache-2.0 to cc-by-nc-4.0"),
    Event("robotics flood", FLOOD, f"{ROBOTS[0]}/...", "150 data sets of three namespaces"),
    Event("rename", LAST - 140, RENAMED, f"it was {FORMER} before"),
)  # fmt: skip


def day_of(kind: str) -> int:
    return next(event.day for event in EVENTS if event.kind == kind)


def planted() -> Iterator[Made]:
    """The repos of the events, but for the data sets of the flood (cast.py)."""
    text, english = "text-generation", ("en",)
    at = day_of("launch that takes off") + 0.31
    yield Made(
        "model", LAUNCH, at, (Wave(at, 900, 60_000), Wave(at, 0, 9_000, 200)), 0, text,
        "transformers", "apache-2.0", ("conversational",), ("en", "ja"), 8_190_000_000,
    )  # fmt: skip
    for index, quant in enumerate(QUANTS):
        born = at + (2.5 + 3.5 * index) / 24
        library = "gguf" if "GGUF" in quant else "mlx" if "MLX" in quant else "transformers"
        yield Made(
            "model", quant, born, (Wave(born, 60 - 7 * index, 6_000 / (index + 1)),), 0, text,
            library, "apache-2.0", (library,), english, None, LAUNCH, "quantized",
        )  # fmt: skip
    yield from _newcomers()
    yield from _troubled()


def _newcomers() -> Iterator[Made]:
    kinds = (
        ("image-text-to-text", 3_000_000_000, ("vision-language",)),
        ("text-to-speech", 800_000_000, ("tts",)),
        ("image-text-to-text", 7_600_000_000, ("gui-agent", "computer-use")),
        ("text-generation", 4_000_000_000, ("reasoning", "distillation")),
    )
    for index, (repo, (task, size, tags)) in enumerate(zip(NEWCOMERS, kinds, strict=True)):
        born = day_of("newcomer") + index + 0.4
        yield Made(
            "model", repo, born, (Wave(born, 300 - 40 * index, 4_000 - 700 * index),), 0, task,
            "transformers", "apache-2.0" if index else "mit", tags, ("en",), size,
        )  # fmt: skip
    born, again = float(LAST - 210), float(day_of("re-entrant"))
    yield Made(
        "model", AGAIN, born, (Wave(born, 250, 5_000, 12), Wave(again, 280, 24_000)), 600,
        "text-generation", "transformers", "mit", ("moe",), ("en", "de"), 30_500_000_000,
    )  # fmt: skip


def _troubled() -> Iterator[Made]:
    text, english = "text-generation", ("en",)
    yield Made(
        "model", RELICENSED, -80.0, (Wave(-80.0, 30, 9_000),), 700, text, "transformers",
        "apache-2.0", (), english, 7_240_000_000,
        relicensed=(day_of("licence change"), "cc-by-nc-4.0"),
    )  # fmt: skip
    yield Made(
        "model", RENAMED, 40.6, (Wave(40.6, 25, 6_000),), 300, text, "transformers", "mit", (),
        english, 3_100_000_000, renamed=(day_of("rename"), FORMER),
    )  # fmt: skip
    yield Made(
        "model", REMOVED, 90.2, (Wave(90.2, 18, 3_000),), 80, text, "transformers", "mit", (),
        english, 13_000_000_000, removed=day_of("removal"),
    )  # fmt: skip
    yield Made(
        "model", RESET, -300.0, (Wave(-300.0, 4, 4_000),), 22_000, "sentence-similarity",
        "sentence-transformers", "apache-2.0", ("bert",), english, 33_000_000,
        reset=day_of("counter reset"),
    )  # fmt: skip
    burst = day_of("CI burst")
    waves = (Wave(-200.0, 0.02, 2), Wave(float(burst), 0, 60_000, 1e6, 0.02))
    yield Made(
        "model", CI, -200.0, waves, 6, "fill-mask", "transformers", "apache-2.0", ("bert",),
        english, 14_000_000,
    )  # fmt: skip
    born = day_of("watched, not used") + 0.7
    yield Made(
        "model", UNUSED, born, (Wave(born, 14, 0.05),), 0, "text-to-video", "diffusers",
        "openrail", ("video",), english, 14_000_000_000,
    )  # fmt: skip
