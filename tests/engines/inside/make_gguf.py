"""Pushes a Llama of random weights as GGUF, once in each type, to a hub: REPO TYPE..."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType, quants
from huggingface_hub import HfApi

LAYERS, HIDDEN, HEADS, KV_HEADS, INNER, VOCABULARY = 8, 768, 12, 4, 2048, 16384
CONTEXT = 8192


def matrices() -> Iterator[tuple[str, int, int]]:
    """(name, rows, columns)"""
    keys = HIDDEN // HEADS * KV_HEADS
    yield "token_embd", VOCABULARY, HIDDEN
    yield "output", VOCABULARY, HIDDEN
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        yield f"{block}.attn_q", HIDDEN, HIDDEN
        yield f"{block}.attn_k", keys, HIDDEN
        yield f"{block}.attn_v", keys, HIDDEN
        yield f"{block}.attn_output", HIDDEN, HIDDEN
        yield f"{block}.ffn_gate", INNER, HIDDEN
        yield f"{block}.ffn_up", INNER, HIDDEN
        yield f"{block}.ffn_down", HIDDEN, INNER


def write(path: Path, kind: str) -> None:
    out = GGUFWriter(path, "llama")
    out.add_context_length(CONTEXT)
    out.add_embedding_length(HIDDEN)
    out.add_block_count(LAYERS)
    out.add_feed_forward_length(INNER)
    out.add_head_count(HEADS)
    out.add_head_count_kv(KV_HEADS)
    out.add_rope_dimension_count(HIDDEN // HEADS)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_vocab_size(VOCABULARY)
    out.add_file_type(LlamaFileType["MOSTLY_" + kind])
    add_tokenizer(out)
    random = np.random.default_rng(0)
    packed = GGMLQuantizationType[kind]
    for name, rows, columns in matrices():
        weights = random.normal(0, 0.02, (rows, columns)).astype(np.float32)
        out.add_tensor(f"{name}.weight", quants.quantize(weights, packed), raw_dtype=packed)
    norms = [f"blk.{i}.{name}" for i in range(LAYERS) for name in ("attn_norm", "ffn_norm")]
    for name in [*norms, "output_norm"]:
        out.add_tensor(f"{name}.weight", np.ones(HIDDEN, np.float32))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def add_tokenizer(out: GGUFWriter) -> None:
    """Of SentencePiece's kind: a few of control, all bytes, and words."""
    pieces = [("<unk>", TokenType.UNKNOWN), ("<s>", TokenType.CONTROL), ("</s>", TokenType.CONTROL)]
    pieces += [(f"<0x{byte:02X}>", TokenType.BYTE) for byte in range(256)]
    pieces += [(f"\u2581w{i}", TokenType.NORMAL) for i in range(len(pieces), VOCABULARY)]
    out.add_tokenizer_model("llama")
    out.add_token_list([text for text, _ in pieces])
    out.add_token_scores([-float(index) for index in range(VOCABULARY)])
    out.add_token_types([kind for _, kind in pieces])
    out.add_bos_token_id(1)
    out.add_eos_token_id(2)


if __name__ == "__main__":
    repo, *kinds = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for each in kinds:
            write(Path(folder) / f"tiny-{each}.gguf", each)
        api = HfApi()
        api.create_repo(repo)
        api.upload_folder(repo_id=repo, folder_path=folder)
