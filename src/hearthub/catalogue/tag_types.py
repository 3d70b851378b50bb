"""Which type a tag is of, and how it is written for people: the Hub's lists of tags by type.

`/api/models-tags-by-type` and `/api/datasets-tags-by-type` answer
`{type: [{"id": "license:mit", "label": "mit", "type": "license"}, ...], ...}`; `id` is what goes
into `filter=`. Tasks carry a `subType` too, the group that they stand in.
"""

from hearthub.catalogue.known import GROUPS, LANGUAGES, LIBRARIES, READERS, TASKS

OTHER = "other"
# Prefix of a typed tag -> its type. A prefix that is not here is part of a plain word.
_MODEL_PREFIXES = {
    name: name for name in ("arxiv", "base_model", "dataset", "deploy", "doi", "license", "region")
}
_DATASET_PREFIXES = {
    name: name
    for name in """
    annotations_creators arxiv benchmark doi format language language_creators library license
    modality multilinguality region size_categories source_datasets task_categories task_ids
    """.split()
}
_SPACE_PREFIXES = {name: name for name in ("arxiv", "doi", "license", "region")}
_SDKS = {"docker", "gradio", "static", "streamlit"}

MODEL_TYPES = ("pipeline_tag", "library", *_MODEL_PREFIXES, "language", OTHER)
DATASET_TYPES = (*_DATASET_PREFIXES, OTHER)


def tag_type(repo_type: str, tag: str) -> str:
    """The type of a tag of a `model`, `dataset` or `space`; `other` for plain words."""
    prefixes = {"model": _MODEL_PREFIXES, "dataset": _DATASET_PREFIXES}.get(
        repo_type, _SPACE_PREFIXES
    )
    prefix, colon, rest = tag.partition(":")
    if colon and rest and prefix in prefixes:
        return prefixes[prefix]
    if repo_type == "model":
        return _plain_model_type(tag)
    return "sdk" if repo_type == "space" and tag in _SDKS else OTHER


def _plain_model_type(tag: str) -> str:
    if tag in TASKS:
        return "pipeline_tag"
    if tag in LIBRARIES:
        return "library"
    return "language" if tag in LANGUAGES else OTHER


def label(tag: str) -> str:
    """How a tag is written for people: `Text Generation`, `English`, `apache-2.0`, `PyTorch`."""
    prefix, colon, rest = tag.partition(":")
    known = prefix in _MODEL_PREFIXES or prefix in _DATASET_PREFIXES
    name = rest if colon and rest and known else tag
    if prefix == "language" or not colon:
        name = LANGUAGES.get(name, name)
    if (not colon and tag in TASKS) or prefix == "task_categories":
        return " ".join(word.capitalize() for word in name.split("-"))
    if prefix == "library":
        return READERS.get(name, name)
    return name if colon else LIBRARIES.get(name, name)


def sub_type(tag: str) -> str | None:
    """The group of a task (`nlp`, `cv`, `audio`, ...), None for what is no task."""
    prefix, colon, rest = tag.partition(":")
    return GROUPS.get(rest if prefix == "task_categories" and colon else tag)


def described(repo_type: str, tag: str) -> dict[str, str]:
    """One entry of the list, as the Hub shapes it."""
    entry = {"id": tag, "label": label(tag), "type": tag_type(repo_type, tag)}
    group = sub_type(tag)
    return entry | {"subType": group} if group else entry
