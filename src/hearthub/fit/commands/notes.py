"""What several engines have to say of the same model, and limits that they share."""

from hearthub.fit.commands.subject import Setting, Subject
from hearthub.fit.commands.support import needs_own_code

# vllm 0.32.0, config/model.py: these overflow in 16-bit floats.
_NO_FLOAT16 = {"gemma2", "gemma3", "gemma3_text", "glm4"}


def context_of(subject: Subject, setting: Setting) -> int:
    """Tokens to ask for: engines refuse more than the model was made for."""
    return max(1, min(setting.context, subject.context_max or setting.context))


def old_dtype(subject: Subject, setting: Setting) -> str | None:
    """What bfloat16 weights have to be turned into on cards that compute no bfloat16."""
    given = setting.compute_capability
    if given is None or given >= 8.0 or subject.dtype != "BF16":
        return None
    return "float32" if subject.family in _NO_FLOAT16 else "float16"


def notes_of(subject: Subject, setting: Setting) -> list[str]:
    found = []
    if needs_own_code(subject):
        found.append("this runs Python code out of the repo: read it first")
    if subject.format == "torch":
        found.append("its weights are pickles, which can run code when they are loaded")
    if subject.context_max and setting.context > subject.context_max:
        found.append(f"its context ends at {subject.context_max} tokens")
    return found
