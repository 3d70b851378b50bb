"""Calls one function of this folder in the train environment: `call.py use_peft.push ARGUMENT...`.

Prints what it returned as the last line, in JSON.
"""

import importlib
import json
import sys

module, _, function = sys.argv[1].partition(".")
result = getattr(importlib.import_module(module), function)(*sys.argv[2:])
print(json.dumps(result))
