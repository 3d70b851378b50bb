"""This machine: what Linux's files and a driver's tool say, whatever they say."""

import os
from pathlib import Path

import pytest

from hearthub.fit.hardware import detect, machine

GIB = 2**30


def write(root: Path, **texts: str) -> None:
    for path, text in texts.items():
        file = root / path.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Linux with 64 GiB, half of it free, no GPU and no tool on the PATH."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    meminfo = f"MemTotal: {64 * GIB // 1024} kB\nMemAvailable: {32 * GIB // 1024} kB\n"
    write(tmp_path, proc__meminfo=meminfo, proc__cpuinfo="model name\t: Some CPU @ 3 GHz\n")
    return tmp_path


def tool(root: Path, name: str, script: str) -> None:
    file = root / "tools" / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_this_machine() -> None:
    found = detect()
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    assert 0 < (found.cpu.memory_gib or 0) <= physical + 0.01
    assert found.best in (*found.gpus, found.cpu)


def test_a_cpu_alone(root: Path) -> None:
    found = detect(root)
    assert found.gpus == ()
    assert found.best is found.cpu
    assert (found.cpu.name, found.cpu.memory_gib, found.cpu.free_gib) == (
        "Some CPU @ 3 GHz",
        64,
        32,
    )


def test_a_container_has_what_its_group_has(root: Path) -> None:
    write(root, proc__self__cgroup="0::/pods/one\n")
    group = root / "sys/fs/cgroup/pods"
    (group / "one").mkdir(parents=True)
    (group / "one" / "memory.max").write_text("max\n")
    (group / "memory.max").write_text(f"{8 * GIB}\n")
    (group / "memory.current").write_text(f"{3 * GIB}\n")
    found = detect(root)
    assert (found.cpu.memory_gib, found.cpu.free_gib) == (8, 5)


def test_groups_of_the_first_version(root: Path) -> None:
    write(root, proc__self__cgroup="12:cpu,memory:/box\n3:cpuset:/other\n")
    group = root / "sys/fs/cgroup/memory/box"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text(str(4 * GIB))
    (group / "memory.usage_in_bytes").write_text(str(GIB))
    (group.parent / "memory.limit_in_bytes").write_text(str(2**63 - 4096))
    found = detect(root)
    assert (found.cpu.memory_gib, found.cpu.free_gib) == (4, 3)


def test_nvidia(root: Path) -> None:
    lines = "NVIDIA GeForce RTX 4090, 24564, 20000, 8.9\nNVIDIA Future 1, 40960, 40000, 13.0"
    tool(root, "nvidia-smi", f"cat <<END\n{lines}\nEND".replace("cat ", "/bin/cat "))
    first, second = detect(root).gpus
    assert (first.key, first.memory_gib, first.free_gib) == ("rtx-4090", 23.99, 19.53)
    assert (first.bandwidth_gbs, first.ram_gib, first.architecture) == (1008, 64, "sm_89")
    assert (second.key, second.memory_gib, second.bandwidth_gbs) == ("this-gpu", 40, None)
    assert second.compute_capability == (13, 0)
    assert detect(root).best == second


@pytest.mark.parametrize(
    "script",
    [
        "exit 9",
        "echo 'NVIDIA-SMI has failed, because, it, could not'",
        "echo 'NVIDIA GB10, [N/A], [N/A], 12.1'",
        "echo 'A, 99999999999999999999999999, x, y'; echo ', , ,'",
        "printf '\\377\\376, 1, 1, 1\\n'",
        "exec /bin/sleep 60",
    ],
)
def test_a_tool_that_fails_is_no_gpu(
    root: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_TOOL_SECONDS", 0.5)
    tool(root, "nvidia-smi", script)
    assert detect(root).gpus == ()


def test_amd(root: Path) -> None:
    for card, total in (("card0", 24 * GIB), ("card1", 512 * 2**20)):
        device = root / "sys/class/drm" / card / "device"
        device.mkdir(parents=True)
        (device / "mem_info_vram_total").write_text(f"{total}\n")
        (device / "mem_info_vram_used").write_text(f"{GIB}\n")
        (device / "product_name").write_text("Radeon RX 7900 XTX\n")
    (gpu,) = detect(root).gpus
    assert (gpu.key, gpu.memory_gib, gpu.free_gib) == ("rx-7900-xtx", 24, 23)


def test_files_full_of_nonsense(root: Path) -> None:
    write(
        root,
        proc__meminfo="MemTotal: many kB\n:::\n" * 10_000,
        proc__cpuinfo="\0" * 10_000,
        proc__self__cgroup="0::/../../../etc\nx\n::\n" + "0::/a" * 5_000,
    )
    assert detect(root).gpus == ()


def test_no_files_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert detect(tmp_path).cpu.memory_gib is not None
