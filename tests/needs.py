"""What a test needs beyond Python: it is skipped with the reason, or fails in strict mode."""

import os
import shutil
from pathlib import Path

import pytest

ENVIRONMENTS = Path(__file__).parents[1] / ".venvs"


def needs(*programs: str) -> None:
    """Skip the calling test unless every program is on the PATH; name those that are not.

    With HEARTHUB_STRICT=1, as `.ci/run` sets it, a missing program is a failure.
    """
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        _give_up(f"{', '.join(missing)} not found on the PATH")


def client_python(name: str) -> Path:
    """The interpreter of one client environment (`hub-2.4.0`, `train`), or skip as above."""
    python = ENVIRONMENTS / name / "bin" / "python"
    if not (ENVIRONMENTS / name / ".done").is_file():
        _give_up(f"the environment {name} is not set up (make clients)")
    return python


def node_modules() -> Path:
    """The folder with `@huggingface/hub` in it, or skip as above; Node itself is needed too."""
    needs("node")
    modules = ENVIRONMENTS / "node" / "node_modules"
    if not (modules / "@huggingface" / "hub").is_dir():
        _give_up("@huggingface/hub is not set up (make clients)")
    return modules


def axe() -> Path:
    """The script of axe-core, or skip as above."""
    script = ENVIRONMENTS / "axe" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        _give_up("axe-core is not set up (make test-browser)")
    return script


def html_validate() -> Path:
    """The program html-validate, or skip as above; Node itself is needed too."""
    needs("node")
    folder = ENVIRONMENTS / "html" / "node_modules" / "html-validate"
    if not folder.is_dir():
        _give_up("html-validate is not set up (make test-browser)")
    return folder / "bin" / "html-validate.mjs"


def needs_data(name: str) -> Path:
    """A file of real metadata, which the repository does not carry, or skip as above.

    It is looked for in HEARTHUB_DATA_KIT, by default `../shared/data` beside the project.
    """
    kit = os.environ.get("HEARTHUB_DATA_KIT")
    path = (Path(kit) if kit else ENVIRONMENTS.parents[1] / "shared" / "data") / name
    if not path.is_file():
        _give_up(f"{name} is not in the folder that HEARTHUB_DATA_KIT names")
    return path


def _give_up(reason: str) -> None:
    if os.environ.get("HEARTHUB_STRICT") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
