"""`hf models ls`, `hf datasets ls`, `hf spaces ls`, with the options a person narrows them by."""

from huggingface_hub import HfApi
from steps import eventually, new_name, same, step
from terminal import hf, told

api = HfApi()
prefix = new_name("acme")
word = prefix.partition("/")[2]
MINE = f"mark-{word}"
CONFIG = b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'
TENSOR = b'{"a": {"dtype": "F32", "shape": [8, 8], "data_offsets": [0, 256]}}'
WEIGHTS = {"model.safetensors": len(TENSOR).to_bytes(8, "little") + TENSOR + bytes(256)}
CARDS = {
    ("model", "first"): "license: mit\npipeline_tag: text-generation",
    ("model", "second"): "license: apache-2.0",
    ("dataset", "first"): "license: mit\ntask_categories: [text-classification]",
    ("dataset", "second"): "language: [en]",
    ("space", "first"): "sdk: static",
    ("space", "second"): f"sdk: static\nmodels: [{prefix}-first]",
}
for (kind, name), lines in CARDS.items():
    repo = f"{prefix}-{name}"
    api.create_repo(repo, repo_type=kind, **({"space_sdk": "static"} if kind == "space" else {}))
    files = {"README.md": f"---\ntags: [{MINE}]\n{lines}\n---\n# Hello\n".encode()}
    files |= {"config.json": CONFIG, **WEIGHTS} if (kind, name) == ("model", "first") else {}
    for path, content in files.items():
        api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo, repo_type=kind)
api.update_repo_settings(f"{prefix}-second", gated="auto")

KINDS = ("models", "datasets", "spaces")
BOTH = ["first", "second"]


def listed(kind, *words):
    """The short names of what the command lists, in its order; only what is of this run."""
    found = [each["id"] for each in told(kind, "ls", *words)]
    return [it.removeprefix(f"{prefix}-") for it in found if it.startswith(f"{prefix}-")]


def is_complete():
    lists = (api.list_models, api.list_datasets, api.list_spaces)
    counts = [len(list(ask(filter=MINE))) for ask in lists]
    gated = list(api.list_models(filter=MINE, gated=True))
    ready = list(api.list_models(filter=[MINE, "transformers", "license:mit"]))
    return (counts, len(gated), len(ready)) == ([2, 2, 2], 1, 1)


eventually(is_complete)

for kind in KINDS:
    with step(f"hf {kind} ls --filter"):
        same(listed(kind, "--filter", MINE, "--filter", "no-such-tag"), [])

    with step(f"hf {kind} ls --search"):
        same(listed(kind, "--search", f"{word}-second")[0], "second")

    with step(f"hf {kind} ls --author"):
        same(sorted(listed(kind, "--author", "acme", "--filter", MINE)), BOTH)

    with step(f"hf {kind} ls --sort"):
        same(listed(kind, "--filter", MINE, "--sort", "created_at"), BOTH[::-1])
        same(sorted(listed(kind, "--filter", MINE, "--sort", "trending_score")), BOTH)

    with step(f"hf {kind} ls --limit and --expand"):
        words = ("--limit", "1", "--sort", "created_at", "--expand", "likes,tags,sha")
        (row,) = told(kind, "ls", "--filter", MINE, *words)
        same((row["id"], row["likes"], len(row["sha"])), (f"{prefix}-second", 0, 40))
        assert MINE in row["tags"]

with step("hf models ls --pipeline-tag"):
    same(listed("models", "--filter", MINE, "--pipeline-tag", "text-generation"), ["first"])

with step("hf models ls --gated and --no-gated"):
    same(listed("models", "--filter", MINE, "--gated"), ["second"])
    same(listed("models", "--filter", MINE, "--no-gated"), ["first"])

with step("hf models ls --apps"):
    same(listed("models", "--filter", MINE, "--apps", "vllm"), ["first"])
    same(listed("models", "--filter", MINE, "--apps", "ollama"), [])

with step("hf models ls --num-parameters"):
    same(listed("models", "--filter", MINE, "--num-parameters", "max:1K"), ["first"])
    same(listed("models", "--filter", MINE, "--num-parameters", "min:6B,max:12B"), [])

with step("hf models ls --warm"):
    same(listed("models", "--filter", MINE, "--warm"), [])

with step("hf datasets ls --filter of a task"):
    task = "task_categories:text-classification"
    same(listed("datasets", "--filter", MINE, "--filter", task), ["first"])

with step("hf models ls of a repo lists its files"):
    said = hf("models", "ls", f"{prefix}-first")
    assert "README.md" in said, said
    assert "config.json" in said, said

with step("hf models ls as a table and quietly"):
    said = hf("models", "ls", "--filter", MINE, "--format", "human")
    assert "AUTHOR" in said, said
    same(said.count("acme"), 2)  # ids are cut to the width of the terminal
    said = hf("models", "ls", "--filter", MINE, "--sort", "created_at", "--quiet").split()
    same(said, [f"{prefix}-second", f"{prefix}-first"])
