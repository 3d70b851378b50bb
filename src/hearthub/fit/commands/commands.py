"""The table of engines, and what each is told."""

from collections.abc import Callable, Mapping

from hearthub.fit.commands.drawing import diffusers
from hearthub.fit.commands.libraries import peft, transformers
from hearthub.fit.commands.local import llama_cpp, mlx, ollama
from hearthub.fit.commands.servers import sglang, tgi, vllm
from hearthub.fit.commands.subject import Command, Setting, Subject
from hearthub.fit.commands.support import refusal
from hearthub.fit.commands.training import trl

_WRITERS: Mapping[str, Callable[[Subject, Setting], Command]] = {
    "transformers": transformers,
    "vllm": vllm,
    "sglang": sglang,
    "tgi": tgi,
    "llama.cpp": llama_cpp,
    "ollama": ollama,
    "mlx": mlx,
    "diffusers": diffusers,
    "trl": trl,
    "peft": peft,
}
ENGINES = tuple(_WRITERS)


def commands(subject: Subject, setting: Setting) -> dict[str, Command]:
    """A command for each engine that loads this checkpoint on this hardware, in one order.

    Nothing is raised: where no name can be quoted safely, there is no command.
    """
    return {
        engine: write(subject, setting)
        for engine, write in _WRITERS.items()
        if refusal(engine, subject, setting) is None
    }


def refusals(subject: Subject, setting: Setting) -> dict[str, str]:
    """Why the other engines have no command."""
    reasons = {engine: refusal(engine, subject, setting) for engine in ENGINES}
    return {engine: reason for engine, reason in reasons.items() if reason is not None}
