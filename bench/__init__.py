"""Speed, as ratios measured in one run: `python -m bench` has them all."""

import sys
from pathlib import Path

# What helps tests imports its neighbours as tests do.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
