"""Hearthub: an AI hub on your own machines, and the observatory that watches the field."""

__version__ = "0.1.0"
