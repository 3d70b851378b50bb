"""Path parameters every repo route shares."""

from typing import Annotated

from fastapi import Path

REPO = "/api/{kind:kind}/{namespace:seg}/{name:seg}"

Kind = Annotated[str, Path(description="models, datasets, spaces or kernels")]
Segment = Annotated[str, Path()]
