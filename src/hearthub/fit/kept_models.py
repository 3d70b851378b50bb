"""A model of this hub as its page shows it: from headers that were read before."""

from hearthub.errors import HearthubError
from hearthub.fit.hosted import HostedModel
from hearthub.fit.kept import KeptReader, NotRead
from hearthub.fit.model import Model, read_model
from hearthub.fit.weighing import Quick
from hearthub.registry import Registry, Repo


def kept_model(
    registry: Registry, repo: Repo, commit: str, reader: KeptReader
) -> tuple[Model | None, bool]:
    """The model, and whether all its headers were read: else those alone that are short.

    None where there is nothing that fit knows, or nothing yet.
    """
    source = HostedModel(registry, repo, commit, budget=reader.budget)
    try:
        return read_model(source, repo.full_name, reader, revision=None), True
    except NotRead:
        pass
    except HearthubError:
        return None, True
    try:
        return read_model(Quick(source), repo.full_name, reader), False
    except HearthubError:
        return None, False
