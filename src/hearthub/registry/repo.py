"""The repo as a value."""

from dataclasses import dataclass

REPO_TYPES = ("model", "dataset", "space", "kernel")


@dataclass(frozen=True)
class Asked:
    """That a user asked to read a gated repo; `status` is pending, accepted or rejected."""

    user_id: int
    status: str


@dataclass(frozen=True)
class Repo:
    """One row of the table `repo`. Times in milliseconds, `used_storage` in bytes."""

    id: int
    uid: str
    type: str
    owner_id: int
    namespace: str
    name: str
    visibility: str
    gated: str | None
    disabled: bool
    sdk: str | None
    created_by: int | None
    created: int
    modified: int
    used_storage: int
    asked: Asked | None = None
    """Of a gated repo that was looked up for a user: what became of their request."""

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def is_private(self) -> bool:
        return self.visibility == "private"


COLUMNS = ", ".join(f"repo.{name}" for name in Repo.__dataclass_fields__ if name != "asked")
