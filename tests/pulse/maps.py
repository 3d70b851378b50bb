"""Maps of the files of the data kit: which of their columns is what."""

RADAR = {
    "id": "id",
    "author": "author",
    "created_at": "created_at",
    "modified_at": "updated_at",
    "observed_at": "last_snapshot_at",
    "downloads_30d": "downloads_30d",
    "likes": "likes",
    "trending": "trending_score",
    "parameters": "parameters",
    "base_model": "base_model",
    "license": "license",
    "pipeline_tag": "pipeline_tag",
    "library": "library",
    "tags": "tags",
    "languages": "languages",
    "formats": "formats",
    "gated": "gated",
    "removed": "removed",
}
CHANGES = {
    "id": "id",
    "modified_at": "updated_at",
    "observed_at": "snapshot_at",
    "downloads_30d": "downloads_30d",
    "likes": "likes",
    "trending": "trending_score",
    "removed": "removed",
}
