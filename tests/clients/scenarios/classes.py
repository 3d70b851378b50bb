"""Classes of huggingface_hub that changed their names."""

try:
    from huggingface_hub.errors import RemoteEntryNotFoundError as EntryNotFound
except ImportError:  # before 1.0
    from huggingface_hub.errors import EntryNotFoundError as EntryNotFound


__all__ = ["EntryNotFound"]
