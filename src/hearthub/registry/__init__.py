"""Repos, refs, commits, trees, objects, resolve, access."""

from hearthub.registry.access import Right
from hearthub.registry.arrivals import Arrival
from hearthub.registry.browsing import ChangedFile, Changes, Folder, Measure
from hearthub.registry.cards import read_card, read_yaml
from hearthub.registry.cards import validate as validate_card
from hearthub.registry.checks import CheckReport, Sample
from hearthub.registry.files import Entry
from hearthub.registry.gate_questions import Question, questions_of
from hearthub.registry.gates import AccessRequest
from hearthub.registry.git import Fetch, Filter, Pack, Selection, Update, Verdict
from hearthub.registry.gitformat import Commit, blob_oid
from hearthub.registry.inventory import is_object, large_objects
from hearthub.registry.locks import Lock, Locked
from hearthub.registry.operations import (
    CommitHeader,
    DeleteFile,
    DeleteFolder,
    Operation,
    PutFile,
    PutLfs,
)
from hearthub.registry.paths import clean_path
from hearthub.registry.refs import CONVERTS, HEADS, MAIN, PULLS, TAGS, Ref
from hearthub.registry.registry import CommitResult, Registry
from hearthub.registry.repo import REPO_TYPES, Asked, Repo
from hearthub.registry.repos import GATES, check_visibility
from hearthub.registry.uploads import FileOffer, FileVerdict

__all__ = [
    "CONVERTS",
    "GATES",
    "HEADS",
    "MAIN",
    "PULLS",
    "REPO_TYPES",
    "TAGS",
    "AccessRequest",
    "Arrival",
    "Asked",
    "ChangedFile",
    "Changes",
    "CheckReport",
    "Commit",
    "CommitHeader",
    "CommitResult",
    "DeleteFile",
    "DeleteFolder",
    "Entry",
    "Fetch",
    "FileOffer",
    "FileVerdict",
    "Filter",
    "Folder",
    "Lock",
    "Locked",
    "Measure",
    "Operation",
    "Pack",
    "PutFile",
    "PutLfs",
    "Question",
    "Ref",
    "Registry",
    "Repo",
    "Right",
    "Sample",
    "Selection",
    "Update",
    "Verdict",
    "blob_oid",
    "check_visibility",
    "clean_path",
    "is_object",
    "large_objects",
    "questions_of",
    "read_card",
    "read_yaml",
    "validate_card",
]
