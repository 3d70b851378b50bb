"""Shards of one checkpoint: summed, in order, and what is missing said."""

from pathlib import Path

import pytest

from fit.repos import GGUF, SMALL, names, only, read, write
from hearthub.errors import EntryNotFound
from hearthub.fit.checkpoints import checkpoints
from hearthub.fit.sources import local


@pytest.mark.parametrize(
    "name",
    [
        "model-{:05}-of-00012.safetensors",
        "model-{}-of-12.safetensors",  # Kimi-K2
        "model.safetensors-{:05}-of-00012.safetensors",  # Qwen3.5
        "model.fp16-{:05}-of-00012.safetensors",
        "model-{:05}-of-00012.fp16.safetensors",
    ],
)
def test_shards_are_summed_in_their_order(tmp_path: Path, name: str) -> None:
    files = {name.format(n): {f"w{n}": ("BF16", (n,))} for n in range(1, 13)}
    found = only(tmp_path, files)
    assert [tensor.name for tensor in found.tensors] == [f"w{n}" for n in range(1, 13)]
    assert (found.parameters, found.weights_bytes) == (78, 156)
    assert all(not file.warnings for file in found.files)


def test_shards_of_torch(tmp_path: Path) -> None:
    files = {f"pytorch_model-{n:05}-of-00002.bin": [10, 5] for n in (1, 2)}
    found = only(tmp_path, files)
    assert (found.name, found.format, found.parameters) == ("pytorch_model", "torch", 30)


def test_missing_shards_are_told(tmp_path: Path) -> None:
    found = only(tmp_path, {f"model-{n:05}-of-00005.safetensors": SMALL for n in (2, 4)})
    assert found.parameters == 64
    assert found.files[0].warnings == ("3 of its parts are missing",)


def test_a_number_that_is_there_twice_hides_no_missing_part(tmp_path: Path) -> None:
    files = {"model-1-of-2.safetensors": SMALL, "model-00001-of-00002.safetensors": SMALL}
    assert "1 of its parts are missing" in only(tmp_path, files).files[0].warnings


def test_numbers_from_zero(tmp_path: Path) -> None:
    found = only(tmp_path, {f"model-{n:05}-of-00003.safetensors": SMALL for n in range(3)})
    assert (len(found.files), found.files[0].warnings) == (3, ())


def test_parts_of_meta(tmp_path: Path) -> None:
    """Tensor-parallel pieces, whose names do not tell how many there are."""
    found = only(tmp_path, {f"consolidated.{n:02}.pth": [n + 1] for n in range(8)})
    assert [tensor.parameters for tensor in found.tensors] == list(range(1, 9))
    assert found.files[0].warnings == ()
    (tmp_path / "consolidated.03.pth").unlink()
    (found,) = checkpoints(local(tmp_path))
    assert found.files[0].warnings == ("1 of its parts are missing",)


def test_a_whole_file_is_preferred_to_shards_of_it(tmp_path: Path) -> None:
    """As transformers does."""
    shards = {f"model-{n:05}-of-00002.safetensors": SMALL for n in (1, 2)}
    found = only(tmp_path, {"model.safetensors": SMALL, **shards})
    assert [file.path for file in found.files] == ["model.safetensors"]


def test_shards_left_over_from_another_saving(tmp_path: Path) -> None:
    """Whoever saves again with other shards leaves some of the old ones: those that are whole
    count."""
    whole = {f"model-{n:05}-of-00003.safetensors": SMALL for n in (1, 2, 3)}
    found = only(tmp_path, {"model-00002-of-00002.safetensors": SMALL, **whole})
    assert (len(found.files), found.files[0].warnings) == (3, ())


def test_what_an_index_says_of_its_bytes_is_not_believed(tmp_path: Path) -> None:
    index = {"metadata": {"total_size": 10**15}, "weight_map": {"w": "model.safetensors"}}
    found = only(tmp_path, {"model.safetensors": SMALL, "model.safetensors.index.json": index})
    assert found.weights_bytes == 64


LEFTOVERS = {
    name: [100]
    for name in """optimizer.pt optimizer.bin scheduler.pt scaler.pt training_args.bin
    rng_state.pth rng_state_3.pth random_states_0.bin checkpoint-500/pytorch_model.bin
    checkpoint-500/optimizer.pt global_step1000/mp_rank_00_model_states.pt
    zero_pp_rank_0_mp_rank_00_optim_states.pt runs/x/model.pt""".split()
} | {
    "checkpoint-500/model.safetensors": SMALL,
    "last/checkpoint-7/adapter_model.safetensors": SMALL,
    "imatrix.gguf": GGUF,
    "Qwen3-8B-imatrix.gguf": GGUF,
}


def test_what_trainers_leave_is_no_checkpoint(tmp_path: Path) -> None:
    assert names(read(tmp_path, {"model.safetensors": SMALL, **LEFTOVERS})) == ["model"]


def test_leftovers_alone_are_no_weights(tmp_path: Path) -> None:
    write(tmp_path, {**LEFTOVERS, "README.md": b"hello"})
    with pytest.raises(EntryNotFound, match="neither weights of a known format nor a config"):
        checkpoints(local(tmp_path))
    write(tmp_path, {"config.json": {}})  # which describes a model all the same
    assert checkpoints(local(tmp_path)) == []
