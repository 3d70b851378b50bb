"""Curated facts, each with a source that was read, and pure functions over them.

Who publishes and from where, families, licences, tasks, themes, sizes. No database, no network:
the TOML files beside this one are all there is.
"""

from hearthub.pulse.facts.facts import Classified, Facts, Row
from hearthub.pulse.facts.licences import Licences, licence_class
from hearthub.pulse.facts.namespaces import Organisation
from hearthub.pulse.facts.sizes import PACKED, PACKED_SHARE, SIZE_CLASSES, Size, size_class, size_of

__all__ = [
    "PACKED",
    "PACKED_SHARE",
    "SIZE_CLASSES",
    "Classified",
    "Facts",
    "Licences",
    "Organisation",
    "Row",
    "Size",
    "licence_class",
    "size_class",
    "size_of",
]
