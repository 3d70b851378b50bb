"""Tags of a space: how it runs, the card's own, and where it is."""

from collections.abc import Mapping
from typing import Any

from hearthub.catalogue.values import text, texts, unique


def space_tags(card: Mapping[str, Any], sdk: str | None, region: str) -> list[str]:
    """`sdk` is what the repo was created with; the card's counts where that is not known."""
    running = sdk or text(card.get("sdk"))
    return unique([*([running] if running else []), *texts(card.get("tags")), f"region:{region}"])
