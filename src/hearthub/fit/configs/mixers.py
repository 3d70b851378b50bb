"""What layers mix tokens with, from their sizes: parameters, cache and state of each kind.

Formulas as in the model code of transformers; sizes in elements. Biases are counted where a
family has them; they and the norms are far below 0.1 % of any layer.
"""

from hearthub.fit.architecture import Attention


def grouped(
    hidden: int,
    heads: int,
    kv_heads: int,
    key_size: int,
    value_size: int,
    *,
    window: int = 0,
    bias: bool = False,
    gate: bool = False,
    separate_values: bool = True,
    has_cache: bool = True,
    extra: int = 0,
) -> Attention:
    """Multi-head, grouped-query and multi-query attention; sliding where there is a window.

    `gate`: the query projection makes an output gate of its own size too. `separate_values`:
    False where keys are used as values (Gemma 4's global layers), which are still cached twice.
    """
    queries, keys = heads * key_size, kv_heads * key_size
    values = kv_heads * value_size
    projections = queries * (2 if gate else 1) + keys + (values if separate_values else 0)
    weights = hidden * projections + heads * value_size * hidden
    biases = projections if bias else 0
    return Attention(
        kind="sliding" if window else "full",
        heads=heads,
        kv_heads=kv_heads,
        key_size=key_size,
        value_size=value_size,
        window=window,
        has_cache=has_cache,
        parameters=weights + biases + extra,
    )


def latent(
    hidden: int,
    heads: int,
    *,
    q_rank: int,
    kv_rank: int,
    nope: int,
    rope: int,
    value: int,
    index_heads: int = 0,
    index_size: int = 0,
    extra: int = 0,
) -> Attention:
    """Multi-head latent attention (MLA): one latent and one rotary key a token, no values.

    With an indexer (DSA) one more key a token is kept. Source: the DeepSeek-V2 and V3.2 papers.
    """
    queries = heads * (nope + rope)
    ask = hidden * q_rank + q_rank + q_rank * queries if q_rank else hidden * queries
    keep = hidden * (kv_rank + rope) + kv_rank + kv_rank * heads * (nope + value)
    index = 0
    if index_size:
        index = q_rank * index_heads * index_size + hidden * (index_size + index_heads)
        index += 2 * index_size
    return Attention(
        kind="mla",
        heads=heads,
        kv_heads=1,
        key_size=kv_rank + rope,
        index_size=index_size,
        parameters=ask + keep + heads * value * hidden + index + extra,
    )


def mamba(hidden: int, inner: int, state: int, conv: int, rank: int) -> Attention:
    """Mamba 1 (arXiv:2312.00752): a state of `state` elements for each inner channel."""
    parameters = hidden * 2 * inner + inner * (conv + 1) + inner * (rank + 2 * state)
    parameters += rank * inner + inner + inner * state + inner + inner * hidden
    return Attention(
        kind="mamba",
        state_size=inner * state,
        conv_size=max(conv - 1, 0) * inner,
        parameters=parameters,
    )


def mamba2(hidden: int, inner: int, state: int, conv: int, groups: int, heads: int) -> Attention:
    """Mamba 2 (arXiv:2405.21060): the convolution takes the groups' B and C in too."""
    channels = inner + 2 * groups * state
    parameters = hidden * (inner + channels + heads) + channels * (conv + 1) + 3 * heads
    return Attention(
        kind="mamba",
        heads=heads,
        state_size=inner * state,
        conv_size=max(conv - 1, 0) * channels,
        parameters=parameters + inner + inner * hidden,
    )


def delta(
    hidden: int, key_heads: int, value_heads: int, key_size: int, value_size: int, conv: int
) -> Attention:
    """Gated DeltaNet (arXiv:2412.06464) as Qwen3-Next has it: a square state a value head."""
    keys, values = key_heads * key_size, value_heads * value_size
    channels = 2 * keys + values
    parameters = hidden * (channels + values) + 2 * hidden * value_heads + conv * channels
    return Attention(
        kind="delta",
        heads=value_heads,
        state_size=value_heads * key_size * value_size,
        conv_size=max(conv - 1, 0) * channels,
        parameters=parameters + 2 * value_heads + value_size + values * hidden,
    )


def kimi_delta(hidden: int, heads: int, size: int, conv: int, *, full_gate: bool) -> Attention:
    """Kimi Delta Attention (arXiv:2510.26692): a decay for each channel, through a low rank."""
    inner = heads * size
    low_rank = hidden * size + size * inner
    gate = hidden * inner if full_gate else low_rank
    parameters = 4 * hidden * inner + 3 * conv * inner + low_rank + gate + hidden * heads
    return Attention(
        kind="delta",
        heads=heads,
        state_size=heads * size * size,
        conv_size=max(conv - 1, 0) * 3 * inner,
        parameters=parameters + inner + heads + size,
    )


def lightning(hidden: int, heads: int, size: int) -> Attention:
    """Lightning attention as in MiniMax-Text-01: a square state a head, no convolution."""
    inner = heads * size
    return Attention(
        kind="delta",
        heads=heads,
        state_size=heads * size * size,
        parameters=5 * hidden * inner + inner,
    )


def short_conv(hidden: int, width: int, *, bias: bool = False) -> Attention:
    """The gated short convolution of LFM2: the last `width` - 1 inputs are kept."""
    return Attention(
        kind="conv",
        conv_size=max(width - 1, 0) * hidden,
        parameters=4 * hidden * hidden + hidden * width + (5 * hidden if bias else 0),
    )


def compressed(
    hidden: int,
    heads: int,
    size: int,
    *,
    q_rank: int,
    out_groups: int,
    out_rank: int,
    window: int,
    ratio: int,
    index_heads: int,
    index_size: int,
) -> Attention:
    """DeepSeek-V4: one key a token in a window, and one for every `ratio` tokens of the past.

    At a small ratio an indexer picks among the compressed keys. Source: transformers' code.
    """
    parameters = hidden * (q_rank + size) + q_rank * heads * size + q_rank + size + heads
    parameters += out_rank * heads * size + out_groups * out_rank * hidden
    indexed = 0 < ratio < 16
    if ratio:
        series = 2 if indexed else 1  # overlapping windows make two
        parameters += (2 * hidden + ratio) * series * size + size
    if indexed:
        parameters += (2 * hidden + ratio) * 2 * index_size + index_size
        parameters += q_rank * index_heads * index_size + hidden * index_heads
    return Attention(
        kind="mla",
        heads=heads,
        kv_heads=1,
        key_size=size,
        window=window,
        index_size=index_size if indexed else 0,
        compression=ratio,
        parameters=parameters,
    )
