"""What stands in a comparison."""

import pytest

from hearthub.fit import gib


@pytest.mark.parametrize(
    ("size", "told"),
    [(3 * 2**30, "3.00 GiB"), (2**30 - 1, "1024.00 MiB"), (88_000, "0.08 MiB")],
)
def test_small_models_have_a_size_too(size: int, told: str) -> None:
    assert gib(size) == told
