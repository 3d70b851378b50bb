"""Pushes a Llama of random weights, with a tokenizer of words, to a hub: REPO LAYERS HIDDEN."""

import sys

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

VOCABULARY = 16384
LONGEST = 8192


def language_model(layers: int, hidden: int) -> LlamaForCausalLM:
    """8 layers of 768 are 76 M parameters."""
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=hidden,
        intermediate_size=hidden * 8 // 3,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        num_key_value_heads=hidden // 192,
        vocab_size=VOCABULARY,
        max_position_embeddings=LONGEST,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return LlamaForCausalLM(config)


def tokenizer() -> PreTrainedTokenizerFast:
    words = ["<s>", "</s>", "<unk>", "Hello", *(f"w{i}" for i in range(4, VOCABULARY))]
    made = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    made.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


if __name__ == "__main__":
    repo, layers, hidden, dtype = sys.argv[1:]
    model = language_model(int(layers), int(hidden)).to(getattr(torch, dtype))
    model.push_to_hub(repo)
    tokenizer().push_to_hub(repo)
