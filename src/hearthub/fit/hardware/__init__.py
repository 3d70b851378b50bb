"""What models run on: the catalogue of hardware, custom sizes, and this machine."""

from hearthub.fit.hardware.catalogue import find_hardware, hardware_catalogue
from hearthub.fit.hardware.device import Hardware, Kind, Source, custom_hardware
from hearthub.fit.hardware.machine import Machine, detect

__all__ = [
    "Hardware",
    "Kind",
    "Machine",
    "Source",
    "custom_hardware",
    "detect",
    "find_hardware",
    "hardware_catalogue",
]
