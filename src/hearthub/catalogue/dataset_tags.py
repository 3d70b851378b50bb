"""Tags of a data set, in the Hub's order: what the card says, then what its files say."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from hearthub.catalogue.model_tags import doi, languages, papers
from hearthub.catalogue.values import count, mappings, suffix, text, texts, unique

TYPED = (  # card keys that are tag prefixes too
    "task_categories task_ids annotations_creators language_creators multilinguality "
    "source_datasets language license"
).split()
SIZES = (  # rows below this -> category
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)
FORMATS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".txt": "text",
    ".arrow": "arrow",
    ".tar": "webdataset",
    ".lance": "lance",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".xml": "xml",
}
# Where as many files have one ending as another: the first.
_RANK = "parquet lance arrow json csv webdataset".split()
_MEDIA = {
    "image": ".jpg .jpeg .png .webp .gif .bmp .tiff .tif .heic .avif",
    "audio": ".wav .mp3 .flac .ogg .opus .m4a .aac .aiff",
    "video": ".mp4 .mkv .avi .mov .webm .mpeg .m4v",
    "3d": ".glb .gltf .obj .stl .ply .fbx .usdz",
    "document": ".pdf",
    "geospatial": ".geojson .geoparquet .gpkg .shp .kml .laz .las",
}
MODALITY_OF = {ending: kind for kind, endings in _MEDIA.items() for ending in endings.split()}
_FOLDERS = {"image": "imagefolder", "audio": "audiofolder", "video": "videofolder"}
_FEATURES = {"image": "image", "audio": "audio", "video": "video", "mesh": "3d", "pdf": "document"}
_MODALITIES = "3d audio document geospatial image tabular text timeseries video".split()
_NUMBER = re.compile(r"(?:u?int|float|decimal)\d{1,3}", re.ASCII)
_LIBRARIES = {  # format -> what reads it beside `datasets` and Croissant
    "parquet": "pandas polars",
    "csv": "pandas polars",
    "json": "pandas polars",
    "webdataset": "webdataset",
    "lance": "lance",
}
# Files that are no rows: told apart as the `datasets` library does.
_NOT_DATA = {"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json"} | {
    "config.json"
}
_MANY = 4  # data files that are no longer one for each of train, validation and test
_MAX_FEATURES = 5000


def dataset_tags(
    paths: Sequence[str], card: Mapping[str, Any], body: str, region: str
) -> tuple[list[str], list[str]]:
    """The tags, and the format of the data as a list of none or one."""
    data = [path for path in paths if _is_data(path)]
    kind = format_of(data)
    tags = [
        *(["benchmark:official"] if "eval.yaml" in paths else []),
        *(f"{key}:{value}" for key in TYPED for value in _values(card, key)),
        *(f"size_categories:{size}" for size in sizes(card)),
        *([f"format:{kind}"] if kind else []),
        *(f"modality:{modality}" for modality in modalities(data, card, kind)),
        *(f"library:{library}" for library in _libraries(kind, data)),
        *(f"arxiv:{number}" for number in papers(body)),
        *([f"doi:{found}"] if (found := doi(card)) else []),
        f"region:{region}",
        *texts(card.get("tags")),
    ]
    return unique(tags), [kind] if kind else []


def _values(card: Mapping[str, Any], key: str) -> list[str]:
    return languages(card) if key == "language" else texts(card.get(key))


def sizes(card: Mapping[str, Any]) -> list[str]:
    """The category of rows that the card names, else the one its row counts fall into."""
    if declared := texts(card.get("size_categories")):
        return declared
    rows = row_count(card)
    if rows is None:
        return []
    return [next((name for limit, name in SIZES if rows < limit), "n>1T")]


def row_count(card: Mapping[str, Any]) -> int | None:
    """Rows of all splits of all subsets, from `dataset_info`; None where it has no counts."""
    counts = [
        number
        for info in mappings(card.get("dataset_info"))
        for split in mappings(info.get("splits"))
        if (number := count(split.get("num_examples"))) is not None
    ]
    return sum(counts) if counts else None


def format_of(paths: Iterable[str]) -> str | None:
    """The format that most data files have; folders of media are one too."""
    kinds: Counter[str] = Counter()
    for path in paths:
        ending = suffix(path)
        if kind := FORMATS.get(ending) or _FOLDERS.get(MODALITY_OF.get(ending, "")):
            kinds[kind] += 1
    if not kinds:
        return None
    rank = {kind: place for place, kind in enumerate(_RANK)}
    return min(kinds, key=lambda kind: (-kinds[kind], rank.get(kind, len(rank)), kind))


def modalities(paths: Iterable[str], card: Mapping[str, Any], kind: str | None) -> list[str]:
    """What the data shows: by its columns as the card tells them, by its files, by its tags."""
    found = {MODALITY_OF[ending] for path in paths if (ending := suffix(path)) in MODALITY_OF}
    columns = list(islice(_columns(card), _MAX_FEATURES))
    found.update(_FEATURES[name] for name in columns if name in _FEATURES)
    if "string" in columns or (not columns and kind in {"text", "json"}):
        found.add("text")
    if sum(bool(_NUMBER.fullmatch(name)) for name in columns) > 1 or (
        not columns and kind == "csv"
    ):
        found.add("tabular")
    if any(name.startswith("timestamp") for name in columns):
        found.add("timeseries")
    named = {tag.lower().removeprefix("modality:") for tag in texts(card.get("tags"))}
    found.update(named.intersection({"geospatial", "timeseries"}))
    return [name for name in _MODALITIES if name in found]


def _columns(card: Mapping[str, Any]) -> Iterator[str]:
    """The type of every column, in lower case; of nested ones, of what is inside."""
    for info in mappings(card.get("dataset_info")):
        waiting = list(mappings(info.get("features")))
        for _ in range(_MAX_FEATURES):
            if not waiting:
                break
            feature = waiting.pop()
            for key in ("dtype", "list", "sequence", "struct"):
                value = feature.get(key)
                if isinstance(value, (dict, list)):
                    waiting.extend(mappings(value))
                elif name := text(value):
                    yield name.lower()


def _libraries(kind: str | None, data: Sequence[str]) -> list[str]:
    if kind is None:
        return []
    readers = ["datasets", *_LIBRARIES.get(kind, "").split(), "mlcroissant"]
    if len(data) >= _MANY:  # more than pandas takes at once
        readers = ["dask" if name == "pandas" else name for name in readers]
    return readers


def _is_data(path: str) -> bool:
    """Hidden files, `__folders__`, and metadata hold no rows."""
    parts = path.split("/")
    return parts[-1] not in _NOT_DATA and not any(part.startswith((".", "__")) for part in parts)
