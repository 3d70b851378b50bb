"""Weights that could be run instead of those asked for: here, or of quantised repos made of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from hearthub.errors import HearthubError
from hearthub.fit.names import parse_name
from hearthub.fit.remote import RemoteModel
from hearthub.fit.weight_names import label_of
from hearthub.fit.weight_sets import plan
from hearthub.upstream import Endpoint, Pace, Upstream

MOST = 5
"""Derivatives that are looked at, the most downloaded; each costs two requests."""
TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Option:
    """Weights by their size; of a derivative the size is that of the files."""

    repo: str
    name: str
    label: str | None
    format: str
    weights_bytes: int


def derivatives_of(endpoint: str, name: str, token: str | None) -> list[Option]:
    """What a hub knows as quantised from a model; nothing where it does not say."""
    upstream = Upstream(Endpoint.parse(endpoint), token, Pace(), TIMEOUT_S)
    try:
        repos = upstream.models(f"base_model:quantized:{name}", MOST)
    except HearthubError:
        return []
    finally:
        upstream.close()
    return [option for repo in repos for option in _options(endpoint, repo, token)]


def _options(endpoint: str, repo: str, token: str | None) -> Iterator[Option]:
    try:
        with RemoteModel.open(endpoint, repo, token=token, timeout_s=TIMEOUT_S) as source:
            sets = plan(source.files(), {}).sets
    except HearthubError:  # a gate, or one that is gone: others remain
        return
    for each in sets:
        told = parse_name(repo)
        label = label_of(each.path) if each.format == "gguf" else None
        form = "mlx" if told.family == "mlx" and each.format == "safetensors" else each.format
        yield Option(repo, each.name, label or told.label, form, each.size)
