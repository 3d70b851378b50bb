"""Values of a config that strangers wrote: each is checked before it is counted with."""

from collections.abc import Mapping, Sequence
from typing import Any

from hearthub.errors import BadRequest

MOST = 2**32
"""No size of a real model is near it; products of these stay cheap."""
MOST_LAYERS = 1024


class Fields:
    """A mapping whose values are asked for by type, under whichever of their names is there."""

    def __init__(self, values: Mapping[str, Any], source: str = "config.json") -> None:
        self.values = values
        self.source = source

    def get(self, *names: str) -> Any:
        """The first value that is there and not null."""
        for name in names:
            value = self.values.get(name)
            if value is not None:
                return value
        return None

    def whole(self, *names: str, default: int = 0, most: int = MOST) -> int:
        """A whole number from 0 to `most`; `default` where no name is there."""
        value = self.get(*names)
        if value is None:
            return default
        return self._checked(names[0], value, most)

    def need(self, *names: str, most: int = MOST) -> int:
        """As `whole`, and at least 1."""
        value = self.whole(*names, most=most)
        if value < 1:
            raise self.bad(names[0], "is missing or 0")
        return value

    def number(self, *names: str, default: float) -> float:
        value = self.get(*names)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return default
        if not 0 <= value <= MOST:
            raise self.bad(names[0], "is out of range")
        return float(value)

    def flag(self, *names: str, default: bool = False) -> bool:
        value = self.get(*names)
        return value if isinstance(value, bool) else default

    def text(self, *names: str) -> str:
        value = self.get(*names)
        return value[:MOST_LAYERS] if isinstance(value, str) else ""

    def sequence(self, *names: str) -> Sequence[Any] | None:
        value = self.get(*names)
        return value if isinstance(value, list | tuple) else None

    def wholes(self, name: str, most: int = MOST) -> tuple[int, ...] | None:
        """A list of whole numbers, or None where the field is no list."""
        values = self.sequence(name)
        if values is None:
            return None
        if len(values) > MOST_LAYERS:
            raise self.bad(name, f"has {len(values)} entries, the most is {MOST_LAYERS}")
        return tuple(self._checked(name, 0 if v is None else v, most) for v in values)

    def section(self, *names: str) -> "Fields | None":
        """A mapping inside this one."""
        value = self.get(*names)
        return Fields(value, self.source) if isinstance(value, Mapping) and value else None

    def bad(self, name: str, reason: str) -> BadRequest:
        return BadRequest(f"{self.source}: {name} {reason}")

    def _checked(self, name: str, value: object, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            if not (isinstance(value, float) and value.is_integer()):
                raise self.bad(name, "is not a whole number")
            value = int(value)
        if not 0 <= value <= most:
            raise self.bad(name, f"must be from 0 to {most}")
        return value


def family_of(text: Fields) -> str:
    """`model_type` without the suffix that a section's has."""
    return text.text("model_type").removesuffix("_text")
