"""Lists narrowed in every way this client knows, sorted, counted and filled; tags by type.

Everything is one organisation's, under names of this run: what others made is left aside.
"""

import inspect
import json
import struct
from functools import partial
from typing import get_args

from huggingface_hub import HfApi, hf_api
from huggingface_hub.utils import BadRequestError
from steps import Absent, call, eventually, has, new_name, raises, same, step

api = HfApi()
prefix = new_name("acme")
word = prefix.partition("/")[2]  # no other name of the run holds it
MINE = f"mark-{word}"  # and no other card this tag


def safetensors(parameters):
    """The smallest file with so many parameters."""
    size = 2 * parameters
    entry = {"dtype": "F16", "shape": [parameters], "data_offsets": [0, size]}
    header = json.dumps({"w": entry}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(size)


def card(lines):
    return f"---\ntags: [{MINE}]\n{lines}\n---\n# A card\n".encode()


CONFIG = b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'
TEXT_CARD = f"""license: mit
language: [en, de]
pipeline_tag: text-generation
datasets: [{prefix}-reviews]
co2_eq_emissions: {{emissions: 12.5, source: a guess}}"""
REVIEWS_CARD = """license: cc-by-4.0
language: [en]
language_creators: [found]
multilinguality: [monolingual]
size_categories: [1K<n<10K]
task_categories: [text-classification]
task_ids: [sentiment-classification]"""
DEMO_CARD = f"""sdk: static
models: [{prefix}-text]
datasets: [{prefix}-reviews]"""
REPOS = [  # in the order in which they are made
    ("model", "text", TEXT_CARD, {"config.json": CONFIG, "model.safetensors": safetensors(1200)}),
    ("model", "gguf", "license: apache-2.0\nlanguage: fr", {"model-Q4_K_M.gguf": b"GGUF" * 10}),
    ("model", "gated", "license: other", {}),
    ("dataset", "reviews", REVIEWS_CARD, {"eval.yaml": b"name: x\n"}),
    ("dataset", "images", "task_categories: [image-classification]\nlicense: mit", {}),
    ("space", "demo", DEMO_CARD, {}),
    ("space", "plain", "sdk: static\nlicense: mit", {}),
]
for kind, name, lines, files in REPOS:
    sdk = {"space_sdk": "static"} if kind == "space" else {}
    api.create_repo(f"{prefix}-{name}", repo_type=kind, **sdk)
    for path, content in {**files, "README.md": card(lines)}.items():
        api.upload_file(
            path_or_fileobj=content,
            path_in_repo=path,
            repo_id=f"{prefix}-{name}",
            repo_type=kind,
        )
api.update_repo_settings(f"{prefix}-gated", gated="auto")
call("POST", f"/api/models/{prefix}-text/like")

LISTS = {"model": api.list_models, "dataset": api.list_datasets, "space": api.list_spaces}
ALL = {kind: [name for k, name, *_ in REPOS if k == kind] for kind in LISTS}


def names(kind, **words):
    """The short names of what is listed, in its order; only what is of this run."""
    found = [info.id for info in LISTS[kind](**words)]
    return [it.removeprefix(f"{prefix}-") for it in found if it.startswith(f"{prefix}-")]


def listed(kind, expected, **words):
    same(sorted(names(kind, **words)), sorted(expected))


def takes(function, *parameters):
    """Raise Absent unless this client has the parameters."""
    known = inspect.signature(function).parameters
    for name in parameters:
        if name not in known:
            raise Absent(name)


def is_complete():
    """Every card has been read, the like is counted, the gate is known."""
    mine = partial(names, filter=MINE)
    likes = {info.id: info.likes for info in api.list_models(filter=MINE)}
    return (
        all(sorted(mine(kind)) == sorted(ALL[kind]) for kind in LISTS)
        and likes[f"{prefix}-text"] == 1
        and mine("model", gated=True) == ["gated"]
        and mine("dataset", filter=[MINE, "benchmark:official"]) == ["reviews"]
    )


eventually(is_complete)

with step("list_models(filter=...) of a text and of a list"):
    listed("model", ALL["model"], filter=MINE)
    listed("model", ["text"], filter=[MINE, "text-generation"])
    listed("model", [], filter=[MINE, "text-generation", "fr"])
    listed("model", ["gguf"], filter=(tag for tag in (MINE, "gguf")))
    listed("model", [], filter="no-such-tag")

with step("list_models(filter=...) of library, licence, language, dataset"):
    for tag in ("transformers", "license:mit", "mit", "en", "de", "safetensors", "llama"):
        listed("model", ["text"], filter=[MINE, tag])
    listed("model", ["text"], filter=[MINE, f"dataset:{prefix}-reviews"])
    listed("model", ["gguf"], filter=[MINE, "fr"])
    listed("model", ["gated"], filter=[MINE, "license:other"])

with step("list_models(library=, language=, task=, tags=)"):
    takes(api.list_models, "library", "language", "task", "tags")
    listed("model", ["text"], library="transformers", tags=MINE)
    listed("model", ["text"], language=["en", "de"], tags=[MINE])
    listed("model", ["text"], task="text-generation", tags=MINE)

with step("list_models(author=...)"):
    listed("model", ALL["model"], author="acme")
    listed("model", ALL["model"], author="ACME")
    listed("model", [], author="alice")

with step("list_models(search=...)"):
    listed("model", ALL["model"], search=word)
    listed("model", ["gguf"], search=f"{word}-gguf", author="acme", sort="likes")
    same(names("model", search=f"{prefix}-text")[0], "text")
    same(names("model", search=f"{word} GATED".upper())[0], "gated")
    listed("model", [], search="qqqqzzzzxxxx")

with step("list_models(model_name=...)"):
    takes(api.list_models, "model_name")
    listed("model", ["gguf"], model_name=word, search="gguf", sort="likes")

with step("list_models(pipeline_tag=...)"):
    listed("model", ["text"], filter=MINE, pipeline_tag="text-generation")
    listed("model", [], filter=MINE, pipeline_tag="fill-mask")

with step("list_models(trained_dataset=...)"):
    listed("model", ["text"], trained_dataset=f"{prefix}-reviews")
    listed("model", ["text"], trained_dataset=[f"dataset:{prefix}-reviews"], search=word)

with step("list_models(apps=...)"):
    for apps in ("ollama", "llama.cpp", ["ollama", "llama.cpp"]):
        listed("model", ["gguf"], filter=MINE, apps=apps)
    listed("model", ["text"], filter=MINE, apps="vllm")
    listed("model", [], filter=MINE, apps="no-such-app")

with step("list_models(gated=...)"):
    listed("model", ["gated"], filter=MINE, gated=True)
    listed("model", ["text", "gguf"], filter=MINE, gated=False)

with step("list_models(num_parameters=...)"):
    takes(api.list_models, "num_parameters")
    for sizes in ("min:1K,max:2K", "min:1200", "max:1200", "min:0.0011M"):
        listed("model", ["text"], filter=MINE, num_parameters=sizes)
    for sizes in ("min:1201", "max:1199", "min:6B,max:128B"):
        listed("model", [], filter=MINE, num_parameters=sizes)

with step("list_models(emissions_thresholds=...)"):
    around = {"filter": MINE, "cardData": True}
    listed("model", ["text"], emissions_thresholds=(10, 20), **around)
    listed("model", [], emissions_thresholds=(13, 20), **around)

with step("list_models(inference=, inference_provider=): no model is served here"):
    listed("model", [], filter=MINE, inference="warm")
    listed("model", [], filter=MINE, inference_provider="all")

for kind, function in LISTS.items():
    name = function.__name__
    newest = ALL[kind][::-1]

    with step(f"{name}(sort=...)"):
        for sort in ("created_at", "createdAt"):
            same(names(kind, filter=MINE, sort=sort), newest)
        for sort in ("last_modified", "lastModified"):
            changed = {"model": ["gated", "gguf", "text"]}.get(kind, newest)
            same(names(kind, filter=MINE, sort=sort), changed)
        for sort in ("likes", "trending_score", "trendingScore"):
            first = names(kind, filter=MINE, sort=sort)
            same(
                (first[0], len(first)), (ALL[kind][0] if kind == "model" else first[0], len(newest))
            )
        same(len(names(kind, filter=MINE, sort="downloads")), len(newest))

    with step(f"{name}(sort=..., direction=-1)"):
        takes(function, "direction")
        same(names(kind, filter=MINE, sort="created_at", direction=-1), newest)

    with (
        step(f"{name}(sort=...) of an unknown one is refused"),
        raises(BadRequestError, 400, 'expected one of "downloads"|'),
    ):
        list(function(sort="colour"))

    with step(f"{name}(limit=...)"):
        same(names(kind, filter=MINE, sort="created_at", limit=1), newest[:1])
        same(len(names(kind, filter=MINE, limit=2500)), len(newest))

    with step(f"{name}(full=True)"):
        (info,) = function(search=f"{word}-{newest[0]}", filter=MINE, sort="likes", full=True)
        same(info.id, f"{prefix}-{newest[0]}")
        same({each.rfilename for each in info.siblings}, {".gitattributes", "README.md"})
        same(info.sha, api.repo_info(info.id, repo_type=kind).sha)
        same((info.author, info.private, info.card_data.tags), ("acme", False, [MINE]))
        assert info.last_modified >= info.created_at

    with step(f"{name}(expand=...), every value by itself and all at once"):
        values = list(get_args(getattr(hf_api, f"Expand{kind.capitalize()}Property_T")))
        for value in values:
            same(len(list(function(filter=MINE, expand=[value]))), len(newest))
        found = {info.id: info for info in function(filter=MINE, expand=values)}
        for short in newest:
            info = found[f"{prefix}-{short}"]
            same((info.author, info.card_data.tags), ("acme", [MINE]))
            assert MINE in info.tags

    with step(f"{name}: only what may be seen"):
        hidden = f"{prefix}-hidden"
        sdk = {"space_sdk": "static"} if kind == "space" else {}
        api.create_repo(hidden, repo_type=kind, private=True, **sdk)
        eventually(lambda: "hidden" in names(kind, author="acme", search=f"{word}-hidden"))  # noqa: B023
        assert "hidden" not in names(kind, author="acme", token=False)
        assert "hidden" not in names(kind, search=f"{word}-hidden", token=False)

    with step(f"{kind}_info: likes and downloads"):
        ask = getattr(api, f"{kind}_info")
        info = ask(f"{prefix}-{ALL[kind][0]}")
        same(info.likes, int(kind == "model"))
        if kind != "space":
            same(info.downloads, 0)
            info = ask(info.id, expand=["downloads", "downloadsAllTime", "likes", "trendingScore"])
            same((info.downloads, info.downloads_all_time), (0, 0))
        info = ask(info.id, expand=["likes", "trendingScore"])
        same((info.likes, info.trending_score), (int(kind == "model"),) * 2)

with step("list_models(cardData=True)"):
    (info,) = api.list_models(filter=[MINE, "text-generation"], cardData=True)
    same((info.card_data.license, info.card_data.language), ("mit", ["en", "de"]))

with step("list_models(fetch_config=True)"):
    (info,) = api.list_models(filter=[MINE, "text-generation"], fetch_config=True)
    same(info.config["model_type"], "llama")
    (info,) = api.list_models(filter=[MINE, "gguf"], fetch_config=True)
    same(info.config or {}, {})

with step("rows of list_models without any option"):
    (info,) = api.list_models(filter=[MINE, "text-generation"])
    same((info.likes, info.downloads, info.private), (1, 0, False))
    same((info.pipeline_tag, info.library_name), ("text-generation", "transformers"))
    assert info.created_at
    assert MINE in info.tags

with step("list_datasets(filter=...) of a text and of a list"):
    listed("dataset", ALL["dataset"], filter=MINE)
    for tag in ("language:en", "license:cc-by-4.0", "task_categories:text-classification"):
        listed("dataset", ["reviews"], filter=[MINE, tag])
    listed("dataset", [], filter=[MINE, "language:en", "license:mit"])

with step("list_datasets(language=, task_categories=, size_categories=, ...)"):
    for words in (
        {"language": "en"},
        {"language_creators": "found"},
        {"multilinguality": "monolingual"},
        {"size_categories": "1K<n<10K"},
        {"task_categories": "text-classification"},
        {"task_categories": ["text-classification"], "language": ["en"]},
        {"task_ids": "sentiment-classification"},
    ):
        listed("dataset", ["reviews"], filter=MINE, **words)
    listed("dataset", ["images"], filter=MINE, task_categories="image-classification")
    listed("dataset", [], filter=MINE, task_categories="image-classification", language="en")

with step("list_datasets(benchmark=...)"):
    listed("dataset", ["reviews"], filter=MINE, benchmark="official")

with step("list_datasets(dataset_name=, search=)"):
    listed("dataset", ["images"], dataset_name=word, search="images", sort="likes")
    listed("dataset", ["images"], dataset_name=f"{word}-images", author="acme", sort="likes")

with step("list_datasets(gated=...)"):
    listed("dataset", [], filter=MINE, gated=True)
    listed("dataset", ALL["dataset"], filter=MINE, gated=False)

with step("list_spaces(filter=...)"):
    listed("space", ALL["space"], filter=[MINE, "static"])
    listed("space", ["plain"], filter=[MINE, "license:mit"])

with step("list_spaces(models=, datasets=, linked=)"):
    listed("space", ["demo"], models=f"{prefix}-text")
    listed("space", ["demo"], datasets=[f"{prefix}-reviews"])
    listed("space", ["demo"], models=f"{prefix}-text", datasets=f"{prefix}-reviews", search=word)
    listed("space", [], models=f"{prefix}-gguf")
    listed("space", ["demo"], filter=MINE, linked=True)

with step("get_model_tags"):
    has(api, "get_model_tags")
    tags = api.get_model_tags()
    of = {kind: {tag["id"] for tag in values} for kind, values in tags.items()}
    assert MINE in of["other"]
    assert {"license:mit", "license:apache-2.0"} <= of["license"]
    assert {"transformers", "gguf"} <= of["library"]
    assert {"en", "de", "fr"} <= of["language"]
    assert "text-generation" in of["pipeline_tag"]
    assert f"dataset:{prefix}-reviews" in of["dataset"]

with step("get_dataset_tags"):
    has(api, "get_dataset_tags")
    tags = api.get_dataset_tags()
    found = {(tag["type"], tag["id"], tag["label"]) for values in tags.values() for tag in values}
    assert ("license", "license:cc-by-4.0", "cc-by-4.0") in found, found
    assert ("size_categories", "size_categories:1K<n<10K", "1K<n<10K") in found, found
