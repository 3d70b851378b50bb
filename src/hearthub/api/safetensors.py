"""The headers of a sharded safetensors model in one answer."""

from fastapi import APIRouter, Response

from hearthub.api.params import REPO, Segment, Target
from hearthub.fit import shard_headers
from hearthub.registry import Right

router = APIRouter(tags=["files"])


@router.get(REPO + "/safetensors-metadata/{path:rest}", summary="Headers of all shards of an index")
def safetensors_metadata(target: Target, path: Segment) -> Response:
    """`path` is that of the index, on `main`. `index.metadata` is what stands there beside the
    map of tensors; `headers` has the header of each shard, by its name in the index."""
    repo = target.repo(Right.READ)
    hub = target.hub
    commit = hub.registry.commit_of(repo, "main")
    found = shard_headers(hub.registry, repo, commit, path, hub.sandbox)
    return Response(found, media_type="application/json")
