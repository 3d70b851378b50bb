"""Hardware by name, as people and drivers write it, and by its sizes."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthub.errors import BadRequest
from hearthub.fit.hardware import custom_hardware, find_hardware, hardware_catalogue


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("rtx 4090", "rtx-4090"),
        ("RTX4090", "rtx-4090"),
        ("4090", "rtx-4090"),
        ("  GeForce  rtx-4090 ", "rtx-4090"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "rtx-4090-laptop"),
        ("RTX 4060 Ti 16GB", "rtx-4060-ti-16gb"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA A100-SXM4-80GB", "a100-80gb-sxm"),
        ("NVIDIA A100-PCIE-40GB", "a100-40gb"),
        ("Tesla V100-SXM2-16GB", "v100-16gb"),
        ("NVIDIA RTX 6000 Ada Generation", "rtx-6000-ada"),
        ("NVIDIA GB10", "gb10"),
        ("AMD Instinct MI300X", "mi300x"),
        ("Apple M4 Pro 48 GB", "apple-m4-pro-48gb"),
        ("m3 ultra 512gb", "apple-m3-ultra-80-core-512gb"),
    ],
)
def test_by_name(name: str, key: str) -> None:
    assert find_hardware(name).key == key


def test_every_row_is_found_by_its_key_and_name() -> None:
    for hardware in hardware_catalogue():
        assert find_hardware(hardware.key) == hardware
        assert find_hardware(hardware.name.upper()) == hardware


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rtx 4900", "did you mean .*GeForce RTX 4090"),
        ("rtx 4060 ti", "Several have .* 4060 Ti 8 GB, GeForce RTX 4060 Ti 16 GB"),
        ("m1 max", "Apple M1 Max 32 GB, Apple M1 Max 64 GB"),
        ("qqqqqq", "No hardware has the name 'qqqqqq'$"),
        ("nvidia", "no name"),
        ("", "no name"),
        ("4090" * 100, "no name"),
    ],
)
def test_what_is_not_one(name: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        find_hardware(name)


@given(st.text(max_size=120))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    with suppress(BadRequest):
        assert find_hardware(text) in hardware_catalogue()


def test_custom() -> None:
    card = custom_hardware(vram_gib=24, ram_gib=64, bandwidth_gbs=900)
    assert (card.kind, card.memory_gib, card.ram_gib, card.bandwidth_gbs) == ("gpu", 24, 64, 900)
    assert card.name == "24 GiB of VRAM, 64 GiB of RAM"
    cpu = custom_hardware(ram_gib=31.5)
    assert (cpu.kind, cpu.memory_gib, cpu.ram_gib) == ("cpu", 31.5, 31.5)


@pytest.mark.parametrize("size", [0, -1, math.nan, math.inf, 1e9])
def test_custom_sizes_that_cannot_be(size: float) -> None:
    with pytest.raises(BadRequest):
        custom_hardware(vram_gib=size)
    with pytest.raises(BadRequest):
        custom_hardware(ram_gib=size)
    with pytest.raises(BadRequest):
        custom_hardware(vram_gib=8, bandwidth_gbs=size)


def test_custom_without_a_size() -> None:
    with pytest.raises(BadRequest, match="how much memory"):
        custom_hardware()
