"""Backups of a whole hub while it runs, and hubs made of them."""

from hearthub.backup.door import Backup
from hearthub.backup.making import Made
from hearthub.backup.restoring import Checked, Restored

__all__ = ["Backup", "Checked", "Made", "Restored"]
