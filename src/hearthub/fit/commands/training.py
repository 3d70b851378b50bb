"""Supervised fine-tuning with TRL 1.16.0; flags from trl/trainer/{model,sft,base}_config.py.

Its defaults: weights in 32 bits, arithmetic in bfloat16, gradient checkpointing.
"""

from collections.abc import Iterator

from hearthub.fit.commands.notes import context_of, notes_of
from hearthub.fit.commands.quoting import line
from hearthub.fit.commands.subject import Command, Setting, Subject
from hearthub.fit.commands.support import needs_own_code


def trl(subject: Subject, setting: Setting) -> Command:
    """LoRA where no way of training was asked for. DATASET is for the reader to put in."""
    words = ["trl", "sft", *_flags(subject, setting)]
    return Command(
        line(words, {"HF_ENDPOINT": subject.endpoint}),
        warnings=tuple(notes_of(subject, setting)),
    )


def _flags(subject: Subject, setting: Setting) -> Iterator[object]:
    old = setting.compute_capability is not None and setting.compute_capability < 8.0
    yield from ("--model_name_or_path", subject.repo)
    yield from ("--dataset_name", "DATASET", "--output_dir", "trained")
    yield from ("--max_length", context_of(subject, setting))
    if setting.train != "full":
        yield from ("--use_peft", "--lora_r", 16, "--lora_alpha", 32)
        yield from ("--dtype", "float16" if old else "bfloat16")
    if setting.train == "qlora" and subject.quantization is None:
        yield from ("--load_in_4bit", "--use_bnb_nested_quant")
    if old:
        yield from ("--bf16", "False", "--fp16", "True")
    if needs_own_code(subject):
        yield "--trust_remote_code"
    if setting.gpus > 1:
        # Sharded, but for packed weights, which each GPU holds whole.
        config = "multi_gpu" if setting.train == "qlora" else "zero3"
        yield from ("--accelerate_config", config, "--num_processes", setting.gpus)
