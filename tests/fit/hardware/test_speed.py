"""Speed as a range: it holds published runs, and moves the way it must."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthub.errors import BadRequest
from hearthub.fit.speed import (
    Speed,
    decode_speed,
    first_token_seconds,
    per_dollar,
    per_watt,
    prefill_speed,
)

POSITIVE = st.floats(1e-3, 1e15)


# Runs that people published in llmfit's benchmark cache: bytes read (parameters used x bits of the
# file type), GB/s, layers, whether experts are mixed, tokens per second.
@pytest.mark.parametrize(
    ("size", "bandwidth", "layers", "is_mixture", "published"),
    [
        (5.0e9, 1008.3, 36, False, 133.0),  # Qwen3-8B Q4_K_M, RTX 3090 Ti
        (4.6e9, 960, 32, False, 142.5),  # Llama-3-8B Q4_0, RTX 5080
        (9.0e9, 760, 48, False, 74.0),  # Qwen2.5-14B Q4_K_M, RTX 3080
        (1.04e9, 360, 28, False, 180.4),  # Qwen3-1.7B Q4_K_M, RTX 3060
        (16.5e9, 960, 64, False, 28.4),  # Qwen3.6-27B Q4_K_M, RX 7900 XTX
        (1.83e9, 1792, 40, True, 175.8),  # Qwen3.6-35B-A3B Q4_K_M, RTX 5090
        (2.45e9, 936, 30, True, 143.3),  # gemma-4-26B-A4B Q4_K_M, RTX 3090
        (0.61e9, 360, 24, True, 234.4),  # LFM2-8B-A1B Q4_K_M, RTX 3060
    ],
)
def test_published_runs(
    size: float, bandwidth: float, layers: int, is_mixture: bool, published: float
) -> None:
    speed = decode_speed(size, bandwidth, layers, is_mixture=is_mixture)
    assert speed.low < published < speed.high
    assert speed.high < 4 * speed.low
    assert f"{bandwidth:g} GB/s" in speed.assumption


@given(POSITIVE, st.floats(1, 1e5), st.integers(1, 1000), st.booleans())
def test_never_faster_than_memory(
    size: float, bandwidth: float, layers: int, is_mixture: bool
) -> None:
    speed = decode_speed(size, bandwidth, layers, is_mixture=is_mixture)
    assert 0 < speed.low <= speed.high <= 0.91 * bandwidth * 1e9 / size


def test_what_is_in_ram_slows_it_down() -> None:
    """Community runs with part of the weights in RAM reach 0.03 to 0.13 of the card's ideal."""
    size, bandwidth = 40e9, 936
    split = decode_speed(size, bandwidth, 80, ram_bytes_per_token=18e9, ram_bandwidth_gbs=60)
    ideal = bandwidth * 1e9 / size
    assert 0.02 < split.low / ideal < split.high / ideal < 0.15
    assert "18 GB of it at 60 GB/s" in split.assumption
    assert split.high < decode_speed(size, bandwidth, 80).low


def test_prompts() -> None:
    """8 B parameters at 100 TFLOPS: 100e12 x 0.3 to 0.5 / 16e9."""
    prefill = prefill_speed(8e9, 100)
    assert (prefill.low, prefill.high) == pytest.approx((1875, 3125))
    decode = Speed(50, 100, "tokens/s", "")
    first = first_token_seconds(3000, prefill, decode)
    assert (first.low, first.high) == pytest.approx((3000 / 3125 + 0.01, 3000 / 1875 + 0.02))
    assert first.unit == "s"


def test_per_watt_and_per_dollar() -> None:
    speed = Speed(40, 80, "tokens/s", "so")
    assert per_watt(speed, 400) == Speed(
        0.1, 0.2, "tokens/s/W", "400 W, the most the maker states; so"
    )
    assert per_dollar(speed, 2).low == 72_000
    assert per_dollar(speed, 2).unit == "tokens/$"


@pytest.mark.parametrize("number", [0, -1, math.nan, math.inf])
def test_numbers_that_cannot_be(number: float) -> None:
    speed = Speed(1, 2, "tokens/s", "")
    for call in (
        lambda: decode_speed(number, 100, 1),
        lambda: decode_speed(1e9, number, 1),
        lambda: prefill_speed(1e9, number),
        lambda: per_watt(speed, number),
        lambda: per_dollar(speed, number),
    ):
        with pytest.raises(BadRequest):
            call()


@pytest.mark.parametrize(("ram", "rate"), [(2e9, 50), (-1, 50), (math.nan, 50), (5e8, None)])
def test_a_split_that_cannot_be(ram: float, rate: float | None) -> None:
    with pytest.raises(BadRequest):
        decode_speed(1e9, 100, 1, ram_bytes_per_token=ram, ram_bandwidth_gbs=rate)
