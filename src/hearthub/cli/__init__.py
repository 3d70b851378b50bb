"""The command line. Each file is one verb or noun; what they import is loaded when they run.

Exit status: 0 done, 1 refused or failed (one line on stderr says why), 2 misused.
"""

from hearthub.cli.root import main

__all__ = ["main"]
