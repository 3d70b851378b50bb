"""What the product is made of: licences we accept, a size, and requirements nobody can swap."""

import re
from importlib.metadata import Distribution, distribution

import pytest
from packaging.requirements import Requirement

from house.tree import ROOT

REQUIREMENTS = ROOT / "requirements"
BASE_INSTALL = 300 * 10**6  # bytes
NOT_PIP = {"clients/axe.txt", "clients/html.txt", "clients/excludes.txt", "clients/node.txt"}

# Words of SPDX expressions, classifiers and free text, lower case.
ACCEPTED = {
    "apache",
    "apache-2.0",
    "bsd",
    "bsd-2-clause",
    "bsd-3-clause",
    "cc0-1.0",
    "isc",
    "mit",
    "mit-0",
    "mozilla",
    "mpl-2.0",
    "psf-2.0",
    "unlicense",
}
REFUSED = re.compile(r"\bA?L?GPL|GNU|Affero|SSPL|BUSL", re.IGNORECASE)


def pinned(file: str) -> list[Requirement]:
    """The requirements of one file that apply on this machine."""
    text = (REQUIREMENTS / file).read_text().replace("\\\n", " ")
    lines = [line.split(" --hash")[0] for line in text.splitlines() if line[:1].isalnum()]
    requirements = [Requirement(line.strip()) for line in lines]
    return [each for each in requirements if each.marker is None or each.marker.evaluate()]


def licence(found: Distribution) -> str:
    """The SPDX expression, else the free text if it is short, else the classifiers."""
    meta = found.metadata
    classifiers = [c for c in meta.get_all("Classifier") or [] if c.startswith("License")]
    text = meta.get("License-Expression") or meta.get("License") or ""
    return text if 0 < len(text) < 80 else " OR ".join(c.split(" :: ")[-1] for c in classifiers)


def accepted(text: str) -> bool:
    """One alternative of the licence is enough; every part of that one must be accepted."""
    if not text or REFUSED.search(text):
        return False
    alternatives = re.split(r"\s+OR\s+", text.replace("(", "").replace(")", ""))
    return any(
        all(part.split()[0].lower() in ACCEPTED for part in re.split(r"\s+AND\s+", alternative))
        for alternative in alternatives
    )


@pytest.mark.parametrize("requirement", pinned("base.txt"), ids=lambda r: r.name)
def test_licence(requirement: Requirement) -> None:
    text = licence(distribution(requirement.name))
    assert accepted(text), f"{requirement.name} is under {text!r}, which is not on the list"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("MIT", True),
        ("CC0-1.0 OR Apache-2.0", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GNU General Public License v3 (GPLv3)", False),
        ("AGPL-3.0-or-later", False),
        ("MIT OR LGPL-2.1", False),
        ("Commercial", False),
        ("", False),
    ],
)
def test_verdict(text: str, verdict: bool) -> None:
    assert accepted(text) is verdict


def test_base_install_is_small() -> None:
    sizes = {each.name: size_of(distribution(each.name)) for each in pinned("base.txt")}
    assert len(sizes) > 10
    total = sum(sizes.values()) + sum(
        path.stat().st_size for path in (ROOT / "src").rglob("*") if path.is_file()
    )
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    assert total <= BASE_INSTALL, f"{total} bytes; the largest are {largest}"


def size_of(found: Distribution) -> int:
    paths = [path.locate() for path in found.files or []]
    return sum(path.stat().st_size for path in paths if path.is_file())


def hashed_files() -> list[str]:
    names = {str(path.relative_to(REQUIREMENTS)) for path in REQUIREMENTS.rglob("*.txt")}
    return sorted(names - NOT_PIP)


@pytest.mark.parametrize("file", hashed_files())
def test_every_requirement_is_hashed(file: str) -> None:
    text = (REQUIREMENTS / file).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []
    assert [line for line in lines if re.match(r"torch\b|nvidia|triton", line)] == []
    assert "://" not in text
