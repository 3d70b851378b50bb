"""A tiny Llama of our own and what was made of it. The weights are noise: formats, not skill."""

import json
from inspect import cleandoc
from random import Random

from demo.weights import Tensor, Tensors, Value, gguf, noise, ones, safetensors

Files = dict[str, bytes]

HIDDEN, INNER, LAYERS, HEADS, CONTEXT = 64, 192, 2, 4, 256
BOS, EOS = "<|begin|>", "<|end|>"


def byte_letters() -> list[str]:
    """The printable letter that byte-level tokenizers write for each byte, by byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(spare)) for byte in range(256)]


VOCABULARY = [*byte_letters(), BOS, EOS]


def base_weights(seed: int = 1) -> dict[str, Tensor]:
    random = Random(seed)
    tensors = {"model.embed_tokens.weight": noise(random, len(VOCABULARY), HIDDEN)}
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}"
        for name in "qkvo":
            tensors[f"{prefix}.self_attn.{name}_proj.weight"] = noise(random, HIDDEN, HIDDEN)
        tensors[f"{prefix}.mlp.gate_proj.weight"] = noise(random, INNER, HIDDEN)
        tensors[f"{prefix}.mlp.up_proj.weight"] = noise(random, INNER, HIDDEN)
        tensors[f"{prefix}.mlp.down_proj.weight"] = noise(random, HIDDEN, INNER)
        tensors[f"{prefix}.input_layernorm.weight"] = ones(HIDDEN)
        tensors[f"{prefix}.post_attention_layernorm.weight"] = ones(HIDDEN)
    tensors["model.norm.weight"] = ones(HIDDEN)
    return tensors


def base(namespace: str) -> Files:
    card = f"""
    # Ember

    A language model of {LAYERS} layers that reads bytes. Its weights are random: it was never
    trained, and what it writes means nothing. It is here so that there is something to download.

    ```python
    from transformers import pipeline

    print(pipeline("text-generation", "{namespace}/ember")("The hearth is"))
    ```
    """
    head = {"license": "apache-2.0", "language": "en", "pipeline_tag": "text-generation"}
    head["library_name"] = "transformers"
    return shell(head, card) | {"model.safetensors": safetensors(base_weights())}


def finetune(namespace: str) -> Files:
    """Only the last layer differs from the base, so most of the file is stored already."""
    tensors = base_weights()
    random = Random(2)
    for name, tensor in tensors.items():
        if name.startswith(f"model.layers.{LAYERS - 1}."):
            moved = [value + random.gauss(0, 0.002) for value in tensor.values]
            tensors[name] = Tensor(tensor.shape, moved)
    card = f"""
    # Ember, moved a little

    [{namespace}/ember](/{namespace}/ember) with noise added to its last layer, as a fine-tune
    would change it. It was not trained either.
    """
    head = {"license": "apache-2.0", "language": "en", "pipeline_tag": "text-generation"}
    head |= {"base_model": f"{namespace}/ember", "base_model_relation": "finetune"}
    head |= {"datasets": f"{namespace}/hearth-reviews", "library_name": "transformers"}
    return shell(head, card) | {"model.safetensors": safetensors(tensors)}


def adapter(namespace: str) -> Files:
    """A LoRA adapter of rank 4 on the attention's query and value, in the files PEFT reads."""
    random, rank, tensors = Random(3), 4, {}
    for layer in range(LAYERS):
        for name in "qv":
            prefix = f"base_model.model.model.layers.{layer}.self_attn.{name}_proj"
            tensors[f"{prefix}.lora_A.weight"] = noise(random, rank, HIDDEN)
            tensors[f"{prefix}.lora_B.weight"] = noise(random, HIDDEN, rank)
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": f"{namespace}/ember",
        "r": rank,
        "lora_alpha": 8,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": ["q_proj", "v_proj"],
        "inference_mode": True,
    }
    head = {"license": "apache-2.0", "library_name": "peft"}
    head |= {"base_model": f"{namespace}/ember", "base_model_relation": "adapter"}
    card = "# Ember LoRA\n\nAn adapter of rank 4 for Ember. Noise as well."
    return {
        "README.md": markdown(head, card),
        "adapter_config.json": pretty(config),
        "adapter_model.safetensors": safetensors(tensors),
    }


def quantized(namespace: str) -> Files:
    """The base in one GGUF file, 8 bits a weight."""
    metadata: dict[str, Value] = {
        "general.architecture": "llama",
        "general.name": "Ember",
        "general.license": "apache-2.0",
        "general.file_type": 7,  # mostly Q8_0
        "llama.context_length": CONTEXT,
        "llama.embedding_length": HIDDEN,
        "llama.block_count": LAYERS,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.rope.dimension_count": HIDDEN // HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": VOCABULARY,
        "tokenizer.ggml.merges": [],
        "tokenizer.ggml.bos_token_id": VOCABULARY.index(BOS),
        "tokenizer.ggml.eos_token_id": VOCABULARY.index(EOS),
    }
    tensors: Tensors = {gguf_name(name): tensor for name, tensor in base_weights().items()}
    head = {"license": "apache-2.0", "language": "en", "pipeline_tag": "text-generation"}
    head |= {"base_model": f"{namespace}/ember", "base_model_relation": "quantized"}
    card = "# Ember, 8 bits a weight\n\nEmber as a single GGUF file."
    return {
        "README.md": markdown(head, card),
        "ember-Q8_0.gguf": gguf(metadata, tensors),
    }


def gguf_name(name: str) -> str:
    """llama.cpp's name for one of our tensors."""
    for old, new in [
        ("model.layers.", "blk."),
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.", "attn_"),
        ("mlp.", "ffn_"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("_proj", ""),
    ]:
        name = name.replace(old, new)
    return name


def shell(head: dict[str, str], card: str) -> Files:
    """What every full model has beside its weights."""
    return {
        "README.md": markdown(head, card),
        "config.json": pretty(CONFIG),
        "generation_config.json": pretty({"max_new_tokens": 40, "do_sample": True}),
        "tokenizer.json": pretty(TOKENIZER),
        "tokenizer_config.json": pretty(
            {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": BOS, "eos_token": EOS}
        ),
    }


CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "dtype": "float32",
    "vocab_size": len(VOCABULARY),
    "hidden_size": HIDDEN,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": HEADS,
    "max_position_embeddings": CONTEXT,
    "rms_norm_eps": 1e-5,
    "hidden_act": "silu",
    "tie_word_embeddings": True,
    "bos_token_id": VOCABULARY.index(BOS),
    "eos_token_id": VOCABULARY.index(EOS),
}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
TOKENIZER = {
    "version": "1.0",
    "added_tokens": [
        {"id": VOCABULARY.index(token), "content": token, "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        for token in (BOS, EOS)
    ],
    "normalizer": None,
    "pre_tokenizer": BYTES,
    "post_processor": None,
    "decoder": BYTES,
    "model": {
        "type": "BPE",
        "vocab": {token: number for number, token in enumerate(VOCABULARY)},
        "merges": [],
    },
}


def pretty(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def markdown(head: dict[str, str], text: str) -> bytes:
    """A card: YAML between dashes, then Markdown (its common indentation taken off)."""
    lines = [f"{key}: {value}" for key, value in head.items()]
    return "\n".join(["---", *lines, "---", "", cleandoc(text), ""]).encode()
