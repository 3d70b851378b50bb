"""Loads a GGUF of a hub with llama-cpp-python and measures it: REPO FILE CONTEXT PROMPT_TOKENS.

The last line is JSON.
"""

import json
import sys

import rss
from huggingface_hub import hf_hub_download
from llama_cpp import Llama

repo, file, context, prompt = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
path = hf_hub_download(repo, file)
before = rss.resident()
rss.forget_peak()
# As llama-server has it: flash attention is used where there is a kernel.
llama = Llama(path, n_ctx=context, flash_attn=True, verbose=False)
written = []
for token in llama.generate([1, *range(300, 299 + prompt)], temp=0.0):
    written.append(token)
    if len(written) == 16:
        break
print(json.dumps({"model": rss.peak() - before, "context": llama.n_ctx(), "written": written}))
