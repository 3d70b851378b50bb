"""Runs the `python` and `bash` blocks of a Markdown file in order: `run_document.py FILE`.

Python blocks share one name space, and tracebacks show lines of the file. A bash block ends
everything when one of its commands fails. Blocks of other kinds are only shown to readers.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

document = Path(sys.argv[1])
text = document.read_text()
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
names = {"__name__": "__main__"}
for block in BLOCK.finditer(text):
    kind, code = block.groups()
    if kind == "bash":
        subprocess.run(["bash", "-euo", "pipefail", "-c", code], check=True)
    else:
        lines_before = text.count("\n", 0, block.start(2))
        exec(compile("\n" * lines_before + code, document, "exec"), names)
