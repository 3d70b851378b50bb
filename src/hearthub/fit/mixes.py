"""What a GGUF file type would make of a model: bytes and bits a weight, before anybody made it.

A file type such as Q4_K_M is a mix. llama.cpp chooses the type of each matrix by what it does, by
the place of its layer, and by how many query heads share a key; rows that a type's blocks do not
divide fall back to another. The rules here are those of `llama-quantize` in llama-cpp-python
0.3.36. Where a file exists, its header is exact: use that.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from hearthub.errors import BadRequest
from hearthub.fit.architecture import Architecture, Attention, FeedForward, Layer
from hearthub.fit.counts import counts_of
from hearthub.fit.readers.gguf_types import TYPES

Role = Literal["embedding", "output", "q", "k", "v", "o", "gate", "up", "down", "other"]

BLOCKS = {block.name: block for block in TYPES.values()}


class Place(NamedTuple):
    """Where a matrix stands, as far as a rule asks for it."""

    layer: int
    layers: int
    sharing: int
    """Query heads for each key."""
    experts: int
    imatrix: bool


Where = Callable[[Place], bool]
Rule = tuple[str, Where]


def _always(_: Place) -> bool:
    return True


def _shared(place: Place) -> bool:
    return place.sharing >= 4


def _shared_or_experts(place: Place) -> bool:
    return place.sharing >= 4 or place.experts >= 4


def _first_eighth(place: Place) -> bool:
    return place.layer < place.layers // 8


def _first_or_of_eight(place: Place) -> bool:
    return _first_eighth(place) or (place.experts == 8 and _ends_and_thirds(place))


def _first_sixteenth(place: Place) -> bool:
    return place.layer < place.layers // 16


def _ends_and_thirds(place: Place) -> bool:
    """The first and last eighth, and every third between: what llama.cpp gives more bits."""
    start = place.layers // 8
    is_end = place.layer < start or place.layer >= 7 * place.layers // 8
    return is_end or (place.layer - start) % 3 == 2


def _middle(place: Place) -> bool:
    return place.layers // 8 <= place.layer < 7 * place.layers // 8


def _blind(place: Place) -> bool:
    return not place.imatrix


def _blind_first_eighth(place: Place) -> bool:
    return _blind(place) and _first_eighth(place)


def _before(layer: int) -> Where:
    return lambda place: place.layer < layer


@dataclass(frozen=True)
class Mix:
    """The usual type, and by role the rules that come first; the first that holds counts."""

    usual: str
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    output: str = "Q6_K"
    embedding: str | None = None


def _to(kind: str, where: Where = _always) -> tuple[Rule, ...]:
    return ((kind, where),)


def _below_3_bits(usual: str, other: str, out: str | None) -> Mix:
    """IQ1 and IQ2: `other` for values, the first ffn_down and the like."""
    rules = {
        "v": (("Q4_K", _shared_or_experts), (other, _always)),
        "down": _to(other, _first_eighth),
    }
    return Mix(usual, rules | ({"o": _to(out)} if out else {}), "Q5_K", other)


MIXES: dict[str, Mix] = {
    **{
        name: Mix(name, output="Q8_0" if name == "Q8_0" else "Q6_K")
        for name in ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q1_0")
    },
    "Q2_0": Mix("Q2_0", embedding="Q4_K"),
    "TQ1_0": Mix("TQ1_0", embedding="Q4_K"),
    "TQ2_0": Mix("TQ2_0", embedding="Q4_K"),
    "MXFP4_MOE": Mix("Q8_0", output="Q8_0"),
    "IQ1_S": _below_3_bits("IQ1_S", "Q2_K", "IQ2_XXS"),
    "IQ1_M": _below_3_bits("IQ1_M", "Q2_K", "IQ2_XXS"),
    "IQ2_XXS": _below_3_bits("IQ2_XXS", "Q2_K", None),
    "IQ2_XS": _below_3_bits("IQ2_XS", "Q2_K", None),
    "IQ2_S": _below_3_bits("IQ2_XS", "IQ3_S", "IQ3_S"),
    "IQ2_M": _below_3_bits("IQ2_S", "IQ3_S", "IQ3_S"),
    "Q2_K": Mix(
        "Q2_K",
        {"v": (("Q4_K", _shared), ("Q3_K", _always)), "down": _to("Q3_K"), "o": _to("Q3_K")},
    ),
    "Q2_K_S": Mix("Q2_K", {"v": _to("Q4_K", _shared), "down": _to("Q4_K", _first_eighth)}),
    "IQ3_XXS": Mix(
        "IQ3_XXS",
        {
            "q": _to("IQ2_S"),
            "k": _to("IQ2_S"),
            "v": (("Q4_K", _shared), ("IQ3_S", _blind)),
            "down": (("Q4_K", _blind_first_eighth), ("Q3_K", _blind)),
            "o": _to("IQ3_S"),
        },
        "Q5_K",
        "IQ3_S",
    ),
    "IQ3_XS": Mix(
        "IQ3_S",
        {
            "q": _to("IQ3_XXS"),
            "k": _to("IQ3_XXS"),
            "v": _to("Q4_K", _shared),
            "gate": _to("IQ3_XXS", _middle),
            "up": _to("IQ3_XXS", _middle),
        },
    ),
    "IQ3_S": Mix("IQ3_S", {"v": _to("Q4_K", _shared)}),
    "IQ3_M": Mix(
        "IQ3_S", {"v": _to("Q4_K"), "down": _to("Q4_K", _first_or_of_eight), "o": _to("Q4_K")}
    ),
    "Q3_K_S": Mix("Q3_K"),
    "Q3_K_M": Mix(
        "Q3_K",
        {
            "v": (("Q5_K", _before(2)), ("Q4_K", _always)),
            "down": (("Q5_K", _first_sixteenth), ("Q4_K", _always)),
            "o": _to("Q4_K"),
        },
    ),
    "Q3_K_L": Mix("Q3_K", {"v": _to("Q5_K"), "down": _to("Q5_K"), "o": _to("Q5_K")}),
    "IQ4_XS": Mix("IQ4_XS", {"v": _to("Q5_K", _shared), "down": _to("Q5_K", _blind_first_eighth)}),
    "IQ4_NL": Mix("IQ4_NL", {"v": _to("Q5_K", _shared), "down": _to("Q5_K", _blind_first_eighth)}),
    "Q4_K_S": Mix("Q4_K", {"v": _to("Q5_K", _before(4)), "down": _to("Q5_K", _first_eighth)}),
    "Q4_K_M": Mix(
        "Q4_K", {"v": _to("Q6_K", _ends_and_thirds), "down": _to("Q6_K", _ends_and_thirds)}
    ),
    "Q5_K_S": Mix("Q5_K"),
    "Q5_K_M": Mix(
        "Q5_K", {"v": _to("Q6_K", _ends_and_thirds), "down": _to("Q6_K", _ends_and_thirds)}
    ),
    "Q6_K": Mix("Q6_K"),
}
"""By file type; those that keep 16 or 32 bits for everything are not mixes."""
WHOLE = {"F32": 32, "F16": 16, "BF16": 16}

FALLBACKS = (
    dict.fromkeys("IQ1_S IQ1_M IQ2_XXS IQ2_XS IQ2_S IQ3_XXS IQ3_S IQ4_XS".split(), "IQ4_NL")
    | dict.fromkeys("Q2_0 Q2_K Q3_K TQ1_0 TQ2_0".split(), "Q4_0")
    | {"Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
)
"""For rows that are not whole blocks; what does not divide these either stays at 16 bits."""


class Matrix(NamedTuple):
    role: Role
    row: int
    """Weights in a row, which is cut into blocks."""
    weights: int
    """In all."""
    place: Place
    is_expert: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    bytes: int
    """Of the tensors; the file has a header more, some MB with its vocabulary."""
    bits_per_weight: float


def size_of(architecture: Architecture, file_type: str, *, imatrix: bool = True) -> Size:
    """The text model as this file type; towers are files of their own (mmproj).

    `imatrix`: whether the quantiser has one, as nearly all published files had. Raises BadRequest
    for a file type that is not known or that llama.cpp refuses for this shape.
    """
    total = counts_of(architecture).text
    if file_type in WHOLE:
        return _size(total * WHOLE[file_type] // 8, total)
    mix = MIXES.get(file_type)
    if mix is None:
        raise BadRequest(f"No such file type: choose one of {', '.join([*WHOLE, *MIXES])}")
    matrices = list(_matrices(architecture, imatrix))
    kept = max(0, total - sum(matrix.weights for matrix in matrices))
    sizes = (_bytes(matrix, _type(mix, matrix, architecture)) for matrix in matrices)
    return _size(sum(sizes) + 4 * kept, total)  # norms, routers and biases stay in f32


def _size(size: int, total: int) -> Size:
    return Size(size, 8 * size / max(total, 1))


def _type(mix: Mix, matrix: Matrix, architecture: Architecture) -> str:
    is_tied = matrix.role == "embedding" and not architecture.head_parameters
    if matrix.role == "output" or is_tied:
        return "Q8_0" if matrix.row % BLOCKS[mix.usual].weights else mix.output
    if matrix.role == "embedding":
        return mix.embedding or mix.usual
    if mix is MIXES["MXFP4_MOE"]:
        return "MXFP4" if matrix.is_expert else "Q8_0"
    if matrix.place.experts == 8 and (kind := _of_eight_experts(mix, matrix.role)):
        return kind
    rules = mix.rules.get(matrix.role, ())
    kind = next((kind for kind, where in rules if where(matrix.place)), mix.usual)
    is_70b = matrix.role == "v" and architecture.hidden == 8192 and matrix.place.layers == 80
    return "Q5_K" if is_70b and kind in ("Q3_K", "Q4_K") else kind


def _of_eight_experts(mix: Mix, role: Role) -> str | None:
    """Mixtral's attention is so small a part that it gets more."""
    is_low = mix in LOW
    if role in ("k", "v"):
        return "Q4_K" if is_low else "Q8_0"
    if role == "o":
        return "Q5_K" if is_low or mix in RAISED else mix.usual
    return None


LOW = [MIXES[name] for name in "IQ1_S IQ1_M IQ2_XXS IQ2_XS IQ2_S IQ2_M".split()]
RAISED = [
    MIXES[name]
    for name in "Q2_K IQ3_XXS IQ3_XS IQ3_S IQ3_M Q3_K_S Q3_K_M IQ4_NL IQ4_XS Q4_K_S Q4_K_M".split()
]


def _bytes(matrix: Matrix, kind: str) -> int:
    if matrix.row % BLOCKS[kind].weights:
        if kind == "Q1_0":
            raise BadRequest(f"Rows of {matrix.row} weights cannot be Q1_0")
        kind = FALLBACKS.get(kind, "F16")
        kind = "F16" if matrix.row % BLOCKS[kind].weights else kind
    return matrix.weights * BLOCKS[kind].size // BLOCKS[kind].weights


def _matrices(architecture: Architecture, imatrix: bool) -> Iterator[Matrix]:
    hidden, layers = architecture.hidden, len(architecture.layers)
    first = next(
        (x.attention for x in architecture.layers if x.attention.kv_heads), Attention("none")
    )
    sharing = first.heads // first.kv_heads if first.kv_heads else 1
    experts = max((x.feed_forward.experts for x in architecture.layers), default=0)
    nowhere = Place(0, layers, sharing, experts, imatrix)
    yield Matrix("embedding", hidden, architecture.embedding_parameters, nowhere)
    yield Matrix("output", hidden, architecture.head_parameters, nowhere)
    for index, layer in enumerate(architecture.layers):
        place = nowhere._replace(layer=index)
        yield from _attention(layer, hidden, place)
        yield from _feed_forward(layer.feed_forward, hidden, place)


def _attention(layer: Layer, hidden: int, place: Place) -> Iterator[Matrix]:
    """Of what is no plain attention all matrices are alike to llama.cpp, or nearly so."""
    mixer = layer.attention
    left = mixer.parameters
    if mixer.kind in ("full", "sliding") and not mixer.state_size:
        asked, answered = mixer.heads * mixer.key_size, mixer.heads * mixer.value_size
        keys, values = mixer.kv_heads * mixer.key_size, mixer.kv_heads * mixer.value_size
        yield Matrix("q", hidden, hidden * asked, place)
        yield Matrix("k", hidden, hidden * keys, place)
        yield Matrix("o", answered, hidden * answered, place)
        left -= hidden * (asked + keys + answered)
        if left >= hidden * values:  # else keys serve as values
            yield Matrix("v", hidden, hidden * values, place)
            left -= hidden * values
        left = left if left > hidden * values else 0  # else biases and norms
    if left > 0:
        yield Matrix("other", hidden, left, place)


def _feed_forward(block: FeedForward, hidden: int, place: Place) -> Iterator[Matrix]:
    matrices = block.matrices
    dense = (block.other_parameters - hidden * block.experts) // matrices  # without the router
    roles: tuple[Role, ...] = ("gate", "up", "down")
    for role in roles[3 - matrices :]:
        row = block.inner if role == "down" else hidden
        if block.experts:
            one = block.expert_parameters // matrices
            plain = hidden * block.inner
            one = plain if 0 <= one - plain < plain // 100 else one  # without gpt-oss's biases
            yield Matrix(role, row, block.experts * one, place, is_expert=True)
        if dense >= hidden:
            yield Matrix(role, row, dense, place)
