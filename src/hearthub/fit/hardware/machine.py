"""This machine, for `--hardware auto`: asked in ways that take little time and never fail.

What cannot be read is left out. Linux is read from its files (cgroup limits too, so a container
sees its own), NVIDIA by nvidia-smi, AMD by sysfs, Apple by sysctl.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from hearthub.errors import BadRequest
from hearthub.fit.hardware.catalogue import find_hardware, hardware_catalogue
from hearthub.fit.hardware.device import Hardware

_GIB = 2**30
_TOOL_SECONDS = 5.0
_MOST_OUTPUT = 2**16
_MOST_GPUS = 64
_MOST_MEMORY = 2**60
"""Limits above it, such as a cgroup's 2^63, mean that there is none."""


@dataclass(frozen=True, slots=True)
class Machine:
    cpu: Hardware
    """With the RAM this process may have."""
    gpus: tuple[Hardware, ...] = ()

    @property
    def best(self) -> Hardware:
        """The GPU with the most memory, or the CPU."""
        return max(self.gpus, key=lambda gpu: gpu.memory_gib or 0, default=self.cpu)


def detect(root: Path = Path("/")) -> Machine:
    """This machine; `root` is where Linux has its files. Never raises."""
    total, free = _ram(root)
    ram_gib = round(total / _GIB, 2) if total else None
    cpu = Hardware(
        key="this-cpu",
        name=_cpu_name(root),
        vendor="any",
        kind="cpu",
        memory_gib=ram_gib,
        free_gib=round(free / _GIB, 2) if free else None,
        ram_gib=ram_gib,
    )
    gpus = [*_nvidia(), *_amd(root)][:_MOST_GPUS]
    if sys.platform == "darwin" and total and (chip := _apple(total)):
        gpus.append(chip)
    return Machine(cpu, tuple(replace(gpu, ram_gib=ram_gib) for gpu in gpus))


def _ram(root: Path) -> tuple[int, int]:
    """Bytes of RAM that this process may have, and that are free; 0 where it cannot be told."""
    meminfo = {}
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        meminfo[name] = _number(value.split()[:1]) * 1024
    total, free = meminfo.get("MemTotal", 0), meminfo.get("MemAvailable", 0)
    if not total:
        with suppress(OSError, ValueError, AttributeError):
            total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for limit, used in _cgroups(root):
        if 0 < limit < _MOST_MEMORY:
            total = min(total or limit, limit)
            free = min(free or limit, max(0, limit - used))
    return total, free


def _cgroups(root: Path) -> Iterator[tuple[int, int]]:
    """(limit, use) in bytes of each group this process is in, up to the outermost."""
    base = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines()[:64]:
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if number == "0" and not controllers:
            folder, names = base, ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            folder = base / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        parts = [part for part in path.split("/") if part not in {"", ".."}][:32]
        for depth in range(len(parts) + 1):
            group = folder.joinpath(*parts[:depth])
            limit, used = (_number(_text(group / name).split()[:1]) for name in names)
            yield limit, used


def _cpu_name(root: Path) -> str:
    for line in _text(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()[:100]
    return (platform.processor() or platform.machine() or "CPU")[:100]


def _nvidia() -> Iterator[Hardware]:
    fields = "name,memory.total,memory.free,compute_cap"
    output = _run("nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits")
    for line in output.splitlines():
        columns = [column.strip() for column in line.split(",")]
        if len(columns) != 4 or not columns[0]:
            continue
        name, total, free, capability = columns
        gpu = _known(name, "NVIDIA", _number([total]) * 2**20, _number([free]) * 2**20)
        if gpu and capability.replace(".", "").isdecimal():
            yield replace(gpu, architecture=f"sm_{capability.replace('.', '')}")
        elif gpu:
            yield gpu


def _amd(root: Path) -> Iterator[Hardware]:
    with suppress(OSError):
        for device in sorted((root / "sys/class/drm").glob("card*/device"))[:_MOST_GPUS]:
            total = _number(_text(device / "mem_info_vram_total").split()[:1])
            used = _number(_text(device / "mem_info_vram_used").split()[:1])
            name = _text(device / "product_name").strip()[:100] or "AMD GPU"
            if total and (gpu := _known(name, "AMD", total, total - used)):
                yield gpu


def _apple(total: int) -> Hardware | None:
    """The chip by its brand and memory; where two differ in GPU cores, the slower one."""
    brand = _run("sysctl", "-n", "machdep.cpu.brand_string").strip()[:100]
    chips = [each for each in hardware_catalogue() if each.name.startswith(f"{brand} ")]
    chips += [each for each in hardware_catalogue() if each.name == brand]
    share = 3 / 4 if total > 32 * _GIB else 2 / 3
    usable = total * share / _GIB
    fitting = [each for each in chips if abs((each.memory_gib or 0) - usable) < 1] or chips
    if not brand.startswith("Apple M") or not fitting:
        return None
    chip = min(fitting, key=lambda each: each.bandwidth_gbs or 0)
    return replace(chip, memory_gib=round(usable, 2))


def _known(name: str, vendor: str, total: int, free: int) -> Hardware | None:
    """What the catalogue has of this name, with the memory that was measured, in bytes.

    None where there is none, or nearly: a driver's stub, an integrated GPU.
    """
    if total < _GIB:
        return None
    known = Hardware(key="this-gpu", name=name[:100], vendor=vendor, kind="gpu", memory_gib=None)
    for each in (f"{name} {round(total / _GIB)} GB", name):
        with suppress(BadRequest):
            known = find_hardware(each)
            break
    memory, left = round(total / _GIB, 2), round(max(0, free) / _GIB, 2)
    return replace(known, name=name[:100], memory_gib=memory, free_gib=left)


def _run(program: str, *arguments: str) -> str:
    """What a tool of this machine prints, or nothing where it is missing, slow or fails."""
    if (path := shutil.which(program)) is None:
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(  # noqa: S603 - a tool on the PATH, with fixed arguments
            [path, *arguments], capture_output=True, timeout=_TOOL_SECONDS, check=True
        )
        return done.stdout[:_MOST_OUTPUT].decode("utf-8", "replace")
    return ""


def _text(path: Path) -> str:
    with suppress(OSError, ValueError), path.open("rb") as file:
        return file.read(_MOST_OUTPUT).decode("utf-8", "replace")
    return ""


def _number(words: list[str]) -> int:
    """The first word as a whole number, 0 where it is none (`max`, `[N/A]`, nothing)."""
    word = words[0] if words else ""
    return int(word) if word.isdecimal() and len(word) < 20 else 0
