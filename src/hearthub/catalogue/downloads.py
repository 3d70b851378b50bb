from collections.abc import Sequence


class Downloads:
    def totals(self, repo_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
        return {}

    def flush(self) -> dict[int, int]:
        return {}
