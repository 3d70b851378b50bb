"""No file names a place that exists only on somebody's machine, and no page another host."""

import re

from house.tree import ROOT, committed

# Written with brackets so that this file does not match itself.
MACHINE = {
    "a folder of one machine": re.compile(r"(?<![\w.*)])/(?:wor[k]|roo[t]|hom[e]/\w+|Users/\w+)/"),
    "an address of a registry": re.compile(
        r"(?<!emit-)(?:extra-)?index-ur[l]|pypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)"
    ),
}
PAGES = {".html", ".css", ".js", ".mjs", ".svg", ".jinja", ".j2"}
HOST = re.compile(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.IGNORECASE)
NAMESPACES = {"www.w3.org"}  # identifiers of vocabularies; browsers do not fetch them


def test_no_address_of_a_machine_or_registry() -> None:
    found = []
    for path in committed():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}: {what}: {match[0]}"
            for what, pattern in MACHINE.items()
            for match in pattern.finditer(text)
        ]
    assert found == []


def test_no_other_host_in_templates_and_assets() -> None:
    files = [path for path in (ROOT / "src").rglob("*") if path.suffix in PAGES]
    named = {
        f"{path.relative_to(ROOT)}: {host}"
        for path in files
        for host in HOST.findall(path.read_text(encoding="utf-8"))
        if host not in NAMESPACES
    }
    assert named == set()
