"""Cards: the README of a repo, with the YAML between its first two `---` lines.

The YAML comes from strangers and goes into JSON, so what `parse` gives is bounded, and made only of
dicts with text keys, lists, text, finite numbers, booleans and None. Plain words are read as in
YAML 1.2, as the Hub does: `language: no` is Norwegian, and a date stays the text it is.
"""

import re
from typing import Any

import yaml

from hearthub.errors import BadRequest

MAX_YAML = 512 * 1024  # characters
MAX_NODES = 50_000  # values, counting what an alias repeats
MAX_DEPTH = 32

Card = dict[str, Any]

_FRONT = re.compile(
    r"\s*---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE
)
_INT = re.compile(r"[-+]?[0-9]{1,19}|0o[0-7]{1,21}|0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,3})?")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("bool", "float", "int", "map", "null", "seq", "str", "timestamp")
}


def split(text: str) -> tuple[str | None, str]:
    """The YAML of a card, None when it has none, and the text after it."""
    text = text.removeprefix("\ufeff")
    found = _FRONT.match(text)
    return (found["yaml"], text[found.end() :]) if found else (None, text)


def parse(text: str) -> Card:
    """The metadata of a card, {} when it has none; BadRequest says what is wrong, and where."""
    front, _ = split(text)
    if front is None or not front.strip():
        return {}
    card = read_yaml(front, first_line=2)  # after the `---`
    if card is None:
        return {}
    if not isinstance(card, dict):
        raise BadRequest("The YAML of a card must be a mapping: lines of 'key: value'")
    return card


def read_yaml(text: str, *, first_line: int = 1) -> Any:
    """What a stranger's YAML says, within the bounds above; BadRequest says what is wrong."""
    if len(text) > MAX_YAML:
        raise BadRequest(f"The YAML of a card has at most {MAX_YAML} characters")
    text = text.encode(errors="replace").decode()  # lone surrogates
    try:
        _check_bounds(text)
        node = yaml.compose(text, Loader=yaml.CBaseLoader)
        return _Reader().value(node) if node else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + first_line}" if mark else ""
        raise BadRequest(f"Bad YAML{where}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise BadRequest(f"Bad YAML: {error}") from None


def read_card(text: str) -> tuple[Card, str]:
    """Metadata and text of a card for showing: metadata that is wrong counts as none."""
    try:
        return parse(text), split(text)[1]
    except BadRequest:
        return {}, split(text)[1]


def _check_bounds(front: str) -> None:
    """Before anything recurses over it."""
    depth = nodes = 0
    for event in yaml.parse(front, Loader=yaml.CBaseLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > MAX_DEPTH:
            raise BadRequest(f"The YAML of a card has more than {MAX_DEPTH} levels")
        if nodes > MAX_NODES:
            raise BadRequest(f"The YAML of a card has more than {MAX_NODES} values")


class _Reader:
    """Turns a graph of nodes into values; aliases cost as if they were written out."""

    def __init__(self) -> None:
        self._nodes = self._characters = 0

    def value(self, node: yaml.Node, depth: int = 0) -> Any:
        self._nodes += 1
        if isinstance(node, yaml.ScalarNode):
            self._characters += len(node.value)
        if self._nodes > MAX_NODES or depth > MAX_DEPTH or self._characters > MAX_YAML:
            raise BadRequest("The YAML of a card is too large once its aliases are followed")
        if node.tag not in _TAGS:
            raise _error(f"unknown tag {node.tag[:100]}", node)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: yaml.Node, depth: int) -> Card:
        card: Card = {}
        merged: Card = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _error("a key must be text", key_node)
            key = _text(key_node.value)
            self._characters += len(key)
            if key in card:
                raise _error(f"duplicated key {key[:100]!r}", key_node)
            value = self.value(value_node, depth + 1)
            if key == "<<" and isinstance(value, dict):
                merged |= value
            else:
                card[key] = value
        return merged | card


def _scalar(node: yaml.ScalarNode) -> Any:
    text = node.value
    if node.style:  # quoted, or a block
        return _text(text)
    if text.lower() in _WORDS and text in (text.lower(), text.title(), text.upper()):
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        number = int(text, 0 if text[:2] in ("0o", "0x") else 10)
        return number if abs(number) < 2**63 else text
    if _FLOAT.fullmatch(text) and not text.lstrip("+-").isdigit():
        real = float(text)
        return real if abs(real) != float("inf") else text
    return _text(text)


def _text(text: str) -> str:
    """Fit for JSON and for PostgreSQL, which takes no NUL."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _error(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


# -- what a card should hold --

_TEXT = ("library_name", "license_link", "license_name", "pipeline_tag", "pretty_name", "sdk")
_LISTS = ("configs", "dataset_info", "model-index", "widget")
_TEXT_OR_LIST = (
    *("annotations_creators", "base_model", "datasets", "language", "license", "metrics"),
    *("multilinguality", "size_categories", "source_datasets", "tags", "task_categories"),
    *("task_ids",),
)
_TASK = (re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*"), 'task, such as "text-generation"')
_REPO_ID = (re.compile(r"[\w.-]{1,96}(?:/[\w.-]{1,96})?", re.ASCII), "repo id")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*|code|multilingual|other")
_SHAPES = {
    "language": (_LANGUAGE, 'ISO 639 code, such as "en"'),
    "pipeline_tag": _TASK,
    "task_categories": _TASK,
    "base_model": _REPO_ID,
    "datasets": _REPO_ID,
}
_BASE_RELATIONS = ("adapter", "finetune", "merge", "quantized")
_SDKS = ("docker", "gradio", "static", "streamlit")


def validate(text: str, repo_type: str) -> tuple[list[str], list[str]]:
    """(errors, warnings), in sentences. An error is a reason not to take the card."""
    try:
        card = parse(text)
    except BadRequest as error:
        return [str(error)], []
    if not card:
        return [], ["empty or missing yaml metadata in repo card"]
    errors = _wrong_types(card)
    return errors, [] if errors else _doubts(card, repo_type)


def _wrong_types(card: Card) -> list[str]:
    errors = []
    for key, value in card.items():
        texts = value if isinstance(value, list) else [value]
        if value is None:
            continue
        if key in _TEXT and not isinstance(value, str):
            errors.append(f'"{key}" must be a string')
        elif key in _TEXT_OR_LIST and not all(isinstance(item, str) for item in texts):
            errors.append(f'"{key}" must be a string or an array of strings')
        elif key in _LISTS and not isinstance(value, (list, dict)):
            errors.append(f'"{key}" must be an array')
    return errors


def _doubts(card: Card, repo_type: str) -> list[str]:
    doubts = [
        f'"{key}": {text[:100]!r} is no {what}'
        for key, (shape, what) in _SHAPES.items()
        for text in _texts(card, key)
        if not shape.fullmatch(text)
    ]
    if repo_type in ("model", "dataset") and not card.get("license"):
        doubts.append('"license" is empty or missing: others cannot tell what they may do')
    relation = card.get("base_model_relation")
    if relation is not None and relation not in _BASE_RELATIONS:
        doubts.append(f'"base_model_relation" must be one of {", ".join(_BASE_RELATIONS)}')
    if repo_type == "space" and card.get("sdk") not in _SDKS:
        doubts.append(f'"sdk" must be one of {", ".join(_SDKS)}')
    return doubts


def _texts(card: Card, key: str) -> list[str]:
    value = card.get(key) or []
    return [value] if isinstance(value, str) else value
