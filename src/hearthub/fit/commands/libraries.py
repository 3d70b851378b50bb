"""Python that loads a model with transformers 5.24.0 or PEFT 0.21.2.

A model is written into the code as a literal; `HF_ENDPOINT` is set before the libraries read it.
"""

from hearthub.fit.commands.notes import notes_of, old_dtype
from hearthub.fit.commands.quoting import literal
from hearthub.fit.commands.subject import Command, Setting, Subject
from hearthub.fit.commands.support import EMBEDDING_TASKS, SEEING_TASKS, needs_own_code

# Tasks that `pipeline` of transformers 5.24.0 knows: pipelines/__init__.py. Those of version 4
# that are gone (summarization, translation, text2text-generation) load as a model.
_PIPELINES = frozenset(
    """
    audio-classification automatic-speech-recognition depth-estimation document-question-answering
    fill-mask image-classification image-feature-extraction image-segmentation keypoint-matching
    mask-generation object-detection table-question-answering text-classification text-to-audio
    token-classification video-classification zero-shot-audio-classification
    zero-shot-classification zero-shot-image-classification zero-shot-object-detection
    """.split()
)
_SEQ2SEQ_TASKS = {"text2text-generation", "translation", "summarization"}
_FOUR_BITS = (
    'BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", '
    "bnb_4bit_use_double_quant=True)"
)
# nf4 with double quantisation has 4.127 bits a weight, and what stays at 16 is some tenths more.
_FOUR_BIT_SHARE = 0.35
_ROOM = 0.9


def transformers(subject: Subject, setting: Setting) -> Command:
    notes = notes_of(subject, setting)
    kind = _class(subject)
    packed = kind.startswith("AutoModelFor") and _gains_by_packing(subject, setting)
    if packed:
        notes.append("16-bit weights are larger than the memory: they are packed to 4 bits")
    if subject.quantization == "fp8" and not _computes_fp8(setting):
        notes.append("without FP8 hardware the weights are unpacked to 16 bits: twice the memory")
    load = _load(subject, setting, packed)
    if kind == "pipeline":
        imports, body = ["pipeline"], [f"pipe = pipeline({literal(subject.task or '')}, {load})"]
    elif kind == "AutoModelForImageTextToText":
        imports, body = ["AutoProcessor", kind], _seeing(subject, kind, load)
    else:
        imports, body = ["AutoTokenizer", kind], _writing(subject, kind, load)
    if packed:
        imports.append("BitsAndBytesConfig")
    names = ", ".join(sorted(imports))
    return python(subject, [f"from transformers import {names}"], body, notes)


def peft(subject: Subject, setting: Setting) -> Command:
    """An adapter, loaded on its base; of any other model, the start of a training of one."""
    if subject.format == "adapter":
        call = (
            f'AutoPeftModelForCausalLM.from_pretrained({literal(subject.repo)}, device_map="auto")'
        )
        imports = ["from peft import AutoPeftModelForCausalLM"]
        return python(subject, imports, [f"model = {call}"], notes_of(subject, setting))
    four = setting.train == "qlora" and subject.quantization is None
    prepared = four or subject.quantization == "bitsandbytes"
    kind = _class(subject)
    names = ["LoraConfig", "get_peft_model"] + ["prepare_model_for_kbit_training"] * prepared
    classes = [kind] + ["BitsAndBytesConfig"] * four
    body = [f"model = {kind}.from_pretrained({_load(subject, setting, four, keyword='')})"]
    body += ["model = prepare_model_for_kbit_training(model)"] * prepared
    body += [
        'adapter = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear",'
        ' task_type="CAUSAL_LM")',
        "model = get_peft_model(model, adapter)",
        "model.print_trainable_parameters()",
    ]
    imports = [
        f"from peft import {', '.join(names)}",
        f"from transformers import {', '.join(sorted(classes))}",
    ]
    return python(subject, imports, body, notes_of(subject, setting))


def python(subject: Subject, imports: list[str], body: list[str], notes: list[str]) -> Command:
    """Code that asks the subject's hub."""
    head = []
    if subject.endpoint:
        head = ["import os", "", f'os.environ["HF_ENDPOINT"] = {literal(subject.endpoint)}', ""]
    return Command("\n".join([*head, *imports, "", *body]), "python", tuple(notes))


def _class(subject: Subject) -> str:
    if subject.task in SEEING_TASKS:
        return "AutoModelForImageTextToText"
    if subject.task in _SEQ2SEQ_TASKS:
        return "AutoModelForSeq2SeqLM"
    if subject.task in _PIPELINES:
        return "pipeline"
    generates = subject.task == "text-generation" or (
        subject.task is None and (subject.architecture or "").endswith("ForCausalLM")
    )
    return "AutoModelForCausalLM" if generates else "AutoModel"


def _load(subject: Subject, setting: Setting, four_bits: bool, keyword: str | None = None) -> str:
    """The arguments of `from_pretrained`, or of `pipeline` with its keyword."""
    kind = _class(subject)
    name = "model=" if keyword is None and kind == "pipeline" else ""
    dtype = old_dtype(subject, setting) or "auto"
    words = [f"{name}{literal(subject.repo)}", f'dtype="{dtype}"', 'device_map="auto"']
    words += [f"quantization_config={_FOUR_BITS}"] if four_bits else []
    words += ["trust_remote_code=True"] if needs_own_code(subject) else []
    return ", ".join(words)


def _writing(subject: Subject, kind: str, load: str) -> list[str]:
    own = ", trust_remote_code=True" if needs_own_code(subject) else ""
    body = [
        f"tokenizer = AutoTokenizer.from_pretrained({literal(subject.repo)}{own})",
        f"model = {kind}.from_pretrained({load})",
        'inputs = tokenizer("Hello", return_tensors="pt").to(model.device)',
    ]
    if kind == "AutoModel":
        last = "embedding = " if subject.task in EMBEDDING_TASKS else "output = "
        pool = ".last_hidden_state.mean(dim=1)" if subject.task in EMBEDDING_TASKS else ""
        return [*body, f"{last}model(**inputs){pool}"]
    return [*body, "print(tokenizer.decode(model.generate(**inputs, max_new_tokens=64)[0]))"]


def _seeing(subject: Subject, kind: str, load: str) -> list[str]:
    own = ", trust_remote_code=True" if needs_own_code(subject) else ""
    return [
        f"processor = AutoProcessor.from_pretrained({literal(subject.repo)}{own})",
        f"model = {kind}.from_pretrained({load})",
        "messages = [",
        '    {"role": "user", "content": [',
        '        {"type": "image", "path": "image.jpg"},',
        '        {"type": "text", "text": "What is this?"},',
        "    ]},",
        "]",
        "inputs = processor.apply_chat_template(",
        "    messages, add_generation_prompt=True, tokenize=True, return_dict=True,",
        '    return_tensors="pt",',
        ").to(model.device)",
        "print(processor.decode(model.generate(**inputs, max_new_tokens=64)[0]))",
    ]


def _gains_by_packing(subject: Subject, setting: Setting) -> bool:
    """Weights of 16 bits that fit packed to four bits only."""
    size, memory = subject.weights_bytes, (setting.gpu_bytes or 0) * setting.gpus * _ROOM
    if setting.vendor != "nvidia" or subject.quantization or not size or not memory:
        return False
    return size * _FOUR_BIT_SHARE <= memory < size


def _computes_fp8(setting: Setting) -> bool:
    if setting.vendor is None or setting.vendor in {"amd", "intel"}:
        return True
    return setting.vendor == "nvidia" and (setting.compute_capability or 8.9) >= 8.9
