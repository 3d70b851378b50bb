"""Repos that go on under another name. None of the files that are read here tells; a hub that
answers for an old name with a new one does.
"""

from datetime import datetime

from hearthub.lake import Writing

_MOVED = """
select repo_key($source, $kind, $new_id) as repo_id, $old_id as old_id, $new_id as new_id,
  cast($at as timestamp) as "at"
where not exists (
  select 1 from alias where repo_id = repo_key($source, $kind, $new_id) and old_id = $old_id
)"""


def moved(writing: Writing, source: str, kind: str, old_id: str, new_id: str, at: datetime) -> bool:
    """Note that a repo (`kind`: model, dataset, space) moved; False when that was known.

    Needs the macro `repo_key` (ingest.py).
    """
    added = writing.append(
        "alias", _MOVED, source=source, kind=kind, old_id=old_id, new_id=new_id, at=at
    )
    return added > 0
