"""Well-formed nonsense for every reader: an answer that adds up, or an error with a name.

Flipped bytes (test_limits.py) mostly die at the first check; these are built to get past it.
"""

import json
import pickletools
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit.architecture import facts, gguf_shapes, more_facts
from fit.gguf_files import F64, I8, STRING, TYPES, U64, Raw, Typed, gguf_bytes
from fit.weight_files import field, varint
from hearthub.errors import HearthubError
from hearthub.fit import configs, gguf_keys, memory, mixes
from hearthub.fit.architecture import Architecture
from hearthub.fit.caches import Use
from hearthub.fit.checkpoints import contents
from hearthub.fit.readers import read
from hearthub.fit.readers.pickles import read_pickle
from hearthub.fit.sources import local
from hearthub.fit.weights import WeightFile

FUZZ = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
NUMBERS = st.one_of(
    st.integers(-2, 70),
    st.sampled_from([2**31, 2**32, 2**53, 2**53 + 1, 2**63, 2**64 - 1, 10**30, -(2**63)]),
    st.sampled_from([0.5, -1.0, 1e300, 3.0]),
)
PLAIN = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=9))


def attempt(folder: Path, name: str, form: str, data: bytes, size: int = 0) -> WeightFile | None:
    folder = folder / "fuzz"  # beside it are the files of all tests so far
    folder.mkdir(exist_ok=True)
    path = folder / name
    with path.open("wb") as file:
        file.write(data)
        file.truncate(max(len(data), size))
    source = local(folder)
    try:
        found = read(source, next(f for f in source.files() if f.path == name), form)
    except HearthubError:
        return None
    assert sum(tensor.size for tensor in found.tensors) <= found.size or form == "onnx"
    assert all(min(t.size, t.parameters, *t.shape, 0) == 0 for t in found.tensors)
    return found


def use(shape: Architecture) -> None:
    """What stands on a shape holds for any that was let through."""
    with suppress(HearthubError):
        memory.inference(shape, memory.weights_of(shape, "nf4")[0], Use(context=4096))
    for kind in ("Q4_K_M", "IQ1_S", "MXFP4_MOE"):
        with suppress(HearthubError):
            assert mixes.size_of(shape, kind).bytes >= 0


SHAPE = st.lists(st.integers(0, 9), max_size=4)
TENSOR = st.one_of(
    PLAIN,
    st.fixed_dictionaries(
        {
            "dtype": st.one_of(st.sampled_from(["F32", "F4", "BOOL", "X1", "f32", ""]), PLAIN),
            "shape": st.one_of(SHAPE, st.lists(PLAIN, max_size=3), PLAIN),
            "data_offsets": st.one_of(
                st.lists(st.integers(0, 64), min_size=2, max_size=2), st.lists(PLAIN, max_size=3)
            ),
        },
        optional={"more": PLAIN},
    ),
)
HEADER = st.dictionaries(
    st.one_of(st.sampled_from(["__metadata__", "a", "b.weight", "\ud800"]), st.text(max_size=9)),
    st.one_of(TENSOR, st.dictionaries(st.text(max_size=5), PLAIN, max_size=2)),
    max_size=4,
)


@FUZZ
@given(header=HEADER, pad=st.integers(0, 64), data=st.integers(0, 200))
def test_safetensors(
    header: Any, pad: int, data: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = json.dumps(header).encode() + b" " * pad
    head = len(text).to_bytes(8, "little") + text
    folder = tmp_path_factory.getbasetemp()
    attempt(folder, "f.safetensors", "safetensors", head, len(head) + data)


@FUZZ
@given(
    shapes=st.lists(st.tuples(SHAPE, st.sampled_from(["F32", "F4", "I64", "U8"])), max_size=5),
    change=st.sampled_from(["nothing", "hole", "longer", "swapped"]),
)
def test_safetensors_that_tile(
    shapes: list[tuple[list[int], str]], change: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is right is read with every byte accounted for; one byte off is refused."""
    bits = {"F32": 32, "F4": 4, "I64": 64, "U8": 8}
    header, at = {}, 0
    for number, (shape, dtype) in enumerate(shapes):
        size = bits[dtype]
        for dimension in shape:
            size *= dimension
        if size % 8:
            continue
        header[f"t{number}"] = {
            "dtype": dtype, "shape": shape, "data_offsets": [at, at + size // 8]
        }  # fmt: skip
        at += size // 8
    data = at + {"longer": 1}.get(change, 0)
    if change == "hole":
        for described in header.values():
            described["data_offsets"] = [n + 1 for n in described["data_offsets"]]  # type: ignore[attr-defined]
        data += 1
    text = json.dumps(dict(reversed(header.items())) if change == "swapped" else header).encode()
    head = len(text).to_bytes(8, "little") + text
    folder = tmp_path_factory.getbasetemp()
    found = attempt(folder, "f.safetensors", "safetensors", head, len(head) + data)
    if change in ("hole", "longer"):
        assert found is None
    else:
        assert found
        assert sum(tensor.size for tensor in found.tensors) == at


KEYS = st.sampled_from(
    [
        *sorted({key for shape in gguf_shapes.SHAPES.values() for key in shape}),
        "general.alignment",
        "general.file_type",
        "tokenizer.ggml.tokens",
        "llama.rope.x",
    ]
)
GGUF_VALUE = st.one_of(
    st.integers(0, 2**32 - 1),
    st.integers(0, 130),
    st.booleans(),
    st.floats(width=32),
    st.text(max_size=9),
    st.sampled_from(["llama", "gemma3", "qwen35moe", "nemotron_h", "deepseek2", "falcon-h1"]),
    st.builds(lambda n: Typed(U64, n), st.integers(0, 2**64 - 1)),
    st.builds(lambda n: Typed(I8, n), st.integers(-128, 127)),
    st.builds(lambda n: Typed(F64, n), st.floats()),
    st.lists(st.integers(0, 99), min_size=1, max_size=9),
    st.lists(st.booleans(), min_size=1, max_size=9),
    st.builds(lambda items: Typed(STRING, items), st.lists(st.text(max_size=4), max_size=80)),
    st.builds(lambda items: [items, items], st.lists(st.integers(0, 9), min_size=1, max_size=3)),
)
GGUF_TENSOR = st.tuples(
    st.text(max_size=9),
    st.lists(st.integers(0, 3), max_size=3).map(lambda outer: (*outer, 512)),
    st.one_of(
        st.sampled_from(sorted(TYPES)), st.builds(Raw, st.integers(43, 99), st.integers(0, 99))
    ),
)


@FUZZ
@given(
    base=st.one_of(st.just({}), st.sampled_from(list(gguf_shapes.SHAPES.values()))),
    metadata=st.dictionaries(KEYS, GGUF_VALUE, max_size=6),
    tensors=st.lists(GGUF_TENSOR, max_size=4),
    version=st.sampled_from([1, 2, 3]),
)
def test_gguf(
    base: gguf_shapes.Keys,
    metadata: dict[str, Any],
    tensors: list[Any],
    version: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if type(metadata.get("general.alignment")) is not int or not metadata["general.alignment"]:
        metadata.pop("general.alignment", None)  # the writer itself needs one
    elif metadata["general.alignment"] > 4096:
        metadata["general.alignment"] = 64
    head, size = gguf_bytes(base | metadata, tensors, version=version)
    found = attempt(tmp_path_factory.getbasetemp(), "f.gguf", "gguf", head, size)
    if found:
        with suppress(HearthubError):
            use(gguf_keys.architecture_of(found.metadata))


OPCODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]
SNIPPETS = [
    b"\x80\x02", b"(", b"cos\nsystem\n", b"\x8c\x02os", b"\x8c\x06system", b"\x93", b"q\x00",
    b"h\x00", b"h\x07", b"\x94", b"X\x07\0\0\0storage", b"ctorch\nFloatStorage\n",
    b"X\x01\0\0\x000", b"X\x03\0\0\0cpu", b"K\x05", b"t", b"Q", b"Vx\n", b"I9\n", b"\x8a\x01\x05",
    b".", b"S'x'\n", b"F1.5\n", b"L5L\n", b"p0\n", b"g0\n", b"gx\n", b"\x82\x01", b"P7\n",
]  # fmt: skip


@FUZZ
@given(
    st.lists(st.one_of(st.sampled_from(SNIPPETS), st.sampled_from(OPCODES), st.binary(max_size=4)))
)
def test_pickles(parts: list[bytes]) -> None:
    """Nothing is raised at all: what cannot be followed is a warning."""
    found = read_pickle(b"".join(parts))
    assert all(storage.elements >= -(2**31) for storage in found.storages.values())
    json.dumps([found.imports, found.warnings])


WIRE = st.one_of(
    st.integers(0, 2**64 - 1).map(varint),
    st.integers(0, 20).map(varint),
    st.binary(max_size=12),
)
MESSAGE = st.recursive(
    st.binary(max_size=20),
    lambda inner: st.lists(
        st.one_of(
            st.tuples(st.sampled_from([1, 2, 4, 5, 7, 8, 9, 13, 14]), inner).map(
                lambda pair: field(*pair)
            ),
            st.tuples(st.integers(0, 15), st.integers(0, 7), WIRE).map(
                lambda found: varint(found[0] << 3 | found[1]) + found[2]
            ),
        ),
        max_size=5,
    ).map(b"".join),
    max_leaves=12,
)


@FUZZ
@given(graph=MESSAGE, is_graph=st.booleans())
def test_onnx(graph: bytes, is_graph: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = field(7, field(5, graph)) if is_graph else field(7, graph)
    attempt(tmp_path_factory.getbasetemp(), "f.onnx", "onnx", data)


CONFIGS = [
    value
    for value in (vars(facts) | vars(more_facts)).values()
    if isinstance(value, dict) and "model_type" in value
]
NAMES = st.sampled_from(
    [
        *sorted({name for value in CONFIGS for name in value}),
        "text_config",
        "vision_config",
        "audio_config",
        "layer_types",
        "quantization_config",
    ]
)
JSON = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(NAMES, st.text(max_size=5)), inner, max_size=5),
    ),
    max_leaves=12,
)


@FUZZ
@given(
    base=st.one_of(st.just({}), st.sampled_from(CONFIGS)),
    changes=st.dictionaries(NAMES, JSON, max_size=5),
    section=st.sampled_from([None, "text_config", "thinker_config", "llm_config"]),
)
def test_configs(base: Any, changes: dict[str, Any], section: str | None) -> None:
    """Also as a section within a config; read from JSON as they come."""
    config = base | changes
    whole = {"model_type": "x", section: config} | changes if section else config
    with suppress(HearthubError):
        use(configs.architecture_of(json.loads(json.dumps(whole))))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    config=JSON,
    index=JSON,
    modules=JSON,
    extra=st.dictionaries(
        st.sampled_from(["tokenizer_config.json", "adapter_config.json", "unet/config.json"]), JSON
    ),
)
def test_whole_repos(
    config: Any,
    index: Any,
    modules: Any,
    extra: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Good weights among configs that are nonsense are found all the same."""
    folder = tmp_path_factory.getbasetemp() / "repo"
    found = {"config.json": config, "model_index.json": index, "modules.json": modules} | extra
    found["hf_quant_config.json"] = found["model.safetensors.index.json"] = config
    (folder / "unet").mkdir(parents=True, exist_ok=True)
    text = b'{"w.weight":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}'
    for name in ("model.safetensors", "other.safetensors"):
        (folder / name).write_bytes(len(text).to_bytes(8, "little") + text + bytes(4))
    for name, value in found.items():
        (folder / name).write_text(json.dumps(value))
    assert contents(local(folder)).checkpoints[0].weights_bytes == 4
