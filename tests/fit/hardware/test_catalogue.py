"""The rows of the catalogue: their shape and units, and where they were read."""

import re
import tomllib
from datetime import date
from importlib.resources import files
from itertools import pairwise

import pytest

from hearthub.fit.hardware import Hardware, find_hardware, hardware_catalogue

CATALOGUE = hardware_catalogue()
DTYPES = ("fp32", "fp16", "bf16", "int8", "fp8", "fp4")
# Per kind the least and most that is plausible: memory in GiB, bandwidth in GB/s, watts.
LIMITS = {
    "gpu": ((4, 512), (90, 25_000), (50, 1_500)),
    "unified": ((5, 512), (60, 1_300), (10, 250)),
    "accelerator": ((8, 512), (500, 10_000), (100, 1_500)),
    "phone": ((2, 16), (30, 120), (1, 20)),
    "cpu": ((0, 0), (40, 1_000), (15, 600)),
}


def files_of_rows() -> list[tuple[str, dict[str, object]]]:
    folder = files("hearthub.fit.hardware")
    return [
        (file.name, tomllib.loads(file.read_text("utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    ]


def test_enough_rows_of_every_kind() -> None:
    rows = [row for _, file in files_of_rows() for row in file["hardware"]]  # type: ignore[attr-defined]
    assert len(rows) >= 120
    assert {hardware.kind for hardware in CATALOGUE} == set(LIMITS)
    assert {"NVIDIA", "AMD", "Intel", "Apple", "Google", "Huawei"} <= {h.vendor for h in CATALOGUE}


def test_keys_and_names_are_unique() -> None:
    assert len({hardware.key for hardware in CATALOGUE}) == len(CATALOGUE)
    assert len({hardware.name for hardware in CATALOGUE}) == len(CATALOGUE)
    assert [h.key for h in CATALOGUE if not re.fullmatch(r"[a-z0-9.+-]+", h.key)] == []


@pytest.mark.parametrize("hardware", CATALOGUE, ids=lambda hardware: hardware.key)
def test_row(hardware: Hardware) -> None:
    memory, bandwidth, watts = LIMITS[hardware.kind]
    if hardware.kind == "cpu":
        assert hardware.memory_gib is None
    else:
        assert memory[0] <= (hardware.memory_gib or 0) <= memory[1]
    if hardware.kind != "phone" or hardware.bandwidth_gbs is not None:
        assert bandwidth[0] <= (hardware.bandwidth_gbs or 0) <= bandwidth[1]
    assert hardware.tdp_watts is None or watts[0] <= hardware.tdp_watts <= watts[1]
    assert set(hardware.tflops) <= set(DTYPES)
    for source in hardware.sources:
        assert source.url.startswith(("https://", "http://"))
        assert date.fromisoformat(source.read) >= date(2026, 1, 1)
    assert hardware.sources


@pytest.mark.parametrize("hardware", CATALOGUE, ids=lambda hardware: hardware.key)
def test_rates_are_dense(hardware: Hardware) -> None:
    """Half the bits: about twice the rate, of fp4 up to three times (B300). Sparse is more."""
    rates = [
        max(hardware.tflops.get(dtype, 0) for dtype in same)
        for same in (("fp16", "bf16"), ("fp8",), ("fp4",))
    ]
    for wide, narrow in pairwise(rate for rate in rates if rate):
        most = 3.2 if "fp8" in hardware.tflops else 4.05
        assert wide <= narrow <= most * wide


def test_every_source_is_used_and_every_name_is_one() -> None:
    for name, file in files_of_rows():
        used = {source for row in file["hardware"] for source in row["sources"]}  # type: ignore[attr-defined]
        assert used == set(file["sources"]), name  # type: ignore[call-overload]


# The bandwidths that were researched for this project, in GB/s, apart from the catalogue.
@pytest.mark.parametrize(
    ("name", "bandwidth"),
    [
        ("rtx 5090", 1792),
        ("rtx 4090", 1008),
        ("rtx 3090", 936),
        ("rtx 3060", 360),
        ("rtx 4070", 504),
        ("rx 7900 xtx", 960),
        ("h100 sxm", 3350),
        ("h200", 4800),
        ("a100 40gb", 1555),
        ("l4", 300),
        ("t4", 320),
        ("mi300x", 5300),
        ("m4 max 40-core 128gb", 546),
        ("m3 ultra 80-core 512gb", 819),
        ("m1 8gb", 68),
        ("strix halo 128gb", 256),
    ],
)
def test_bandwidths_that_are_known(name: str, bandwidth: float) -> None:
    assert find_hardware(name).bandwidth_gbs == pytest.approx(bandwidth, rel=0.01)


def test_it_is_read_once() -> None:
    assert hardware_catalogue() is CATALOGUE


def test_compute_capability() -> None:
    assert find_hardware("rtx 4090").compute_capability == (8, 9)
    assert find_hardware("b200").compute_capability == (10, 0)
    assert find_hardware("mi300x").compute_capability is None
    assert find_hardware("tpu v5e").compute_capability is None


def test_the_rate_for_prompts() -> None:
    assert find_hardware("h100").best_tflops == 989
    assert find_hardware("p40").best_tflops == 11.76
    assert find_hardware("apple m5 16gb").best_tflops == 5.7
    assert find_hardware("iphone 16").best_tflops is None
