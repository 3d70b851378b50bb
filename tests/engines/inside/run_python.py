"""Runs Python that fit printed, and measures it: FILE, or FILE TWIN for the model alone.

TWIN: the same code for a model of nearly no size. It runs first, so that libraries are imported
and their buffers are made. The last line is JSON.
"""

import json
import sys
from pathlib import Path

import rss

printed, *twins = sys.argv[1:]
for twin in twins:
    exec(compile(Path(twin).read_text(), twin, "exec"), {})
before = rss.resident()
rss.forget_peak()
names: dict[str, object] = {}
exec(compile(Path(printed).read_text(), printed, "exec"), names)
tokens = names["inputs"]["input_ids"].shape[1] if "inputs" in names else 0
model = names["model"]
print(
    json.dumps(
        {
            "process": rss.peak(),
            "model": rss.peak() - before,
            "prompt": tokens,
            "class": type(model).__name__,
            "parameters": sum(each.numel() for each in model.parameters()),
        }
    )
)
