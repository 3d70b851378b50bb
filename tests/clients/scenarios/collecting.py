"""Collections, by their owner and by somebody else."""

from huggingface_hub import HfApi
from huggingface_hub.utils import HfHubHTTPError
from steps import TOKENS, new_name, raises, refused, same, step

api, charlie = HfApi(), HfApi(token=TOKENS["charlie"])
model, other, data = new_name(), new_name(), new_name()
api.create_repo(model)
api.create_repo(other)
api.create_repo(data, repo_type="dataset")
secret = new_name()
api.create_repo(secret, private=True)
title = f"Things of {model}"[:100]


def ids(slug, who=api):
    return [it.item_id for it in who.get_collection(slug).items]


with step("create_collection"):
    made = api.create_collection(title, description="What I like")
    same(
        (made.title, made.description, made.items, made.private), (title, "What I like", [], False)
    )
    assert made.slug.startswith("alice/things-of-")
    same(made.upvotes, 0)
slug = made.slug

with step("create_collection(exists_ok)"):
    same(api.create_collection(title, exists_ok=True).slug, slug)
    with refused(409):
        api.create_collection(title)

with step("add_collection_item"):
    found = api.add_collection_item(slug, model, "model", note="The first")
    same(
        [(it.item_id, it.item_type, it.note) for it in found.items], [(model, "model", "The first")]
    )
    api.add_collection_item(slug, data, "dataset")
    api.add_collection_item(slug, "2311.12983", "paper")
    api.add_collection_item(slug, secret, "model")
    same(ids(slug), [model, data, "2311.12983", secret])

with step("add_collection_item(exists_ok)"):
    api.add_collection_item(slug, model, "model", exists_ok=True)
    with refused(409):
        api.add_collection_item(slug, model, "model")
    with refused(404):
        api.add_collection_item(slug, "alice/no-such-model", "model")

with step("an item that others may not see"):
    same(ids(slug, charlie), [model, data, "2311.12983"])

with step("update_collection_item"):
    last = api.get_collection(slug).items[3]
    api.update_collection_item(slug, last.item_object_id, note="Secret", position=0)
    found = api.get_collection(slug).items
    same([(it.item_id, it.position) for it in found][:2], [(secret, 0), (model, 1)])
    same(found[0].note, "Secret")

with step("delete_collection_item"):
    api.delete_collection_item(slug, last.item_object_id)
    same(ids(slug), [model, data, "2311.12983"])
    api.delete_collection_item(slug, last.item_object_id, missing_ok=True)
    with raises(HfHubHTTPError, 404):
        api.delete_collection_item(slug, last.item_object_id)

with step("update_collection_metadata"):
    changed = api.update_collection_metadata(slug, title=f"{title} anew", theme="pink", position=0)
    same((changed.title, changed.theme, changed.position), (f"{title} anew", "pink", 0))
    assert changed.slug != slug

with step("get_collection by an old slug"):
    same(api.get_collection(slug).slug, changed.slug)

with step("list_collections"):
    same([it.slug for it in api.list_collections(item=f"models/{model}")], [changed.slug])
    assert changed.slug in [it.slug for it in api.list_collections(owner="alice")]
    same(list(api.list_collections(owner="no-such-user")), [])
    same(list(api.list_collections(item=f"models/{other}")), [])
    for sort in ("lastModified", "trending", "upvotes"):
        assert list(api.list_collections(sort=sort, limit=1))
    assert changed.slug in [it.slug for it in api.list_collections(owner="alice", limit=101)]

with step("list_collections over several pages"):
    many = [api.create_collection(f"{model} {number}").slug for number in range(25)]
    found = [it.slug for it in api.list_collections(owner=["alice"])]
    same(set(many) - set(found), set())
    same(len(found), len(set(found)))

with step("a collection in a collection"):
    found = api.add_collection_item(slug, many[0], "collection")
    same([it.item_id for it in found.items if it.item_type == "collection"], [many[0]])

with step("a private collection"):
    api.update_collection_metadata(slug, private=True)
    assert api.get_collection(slug).private
    with refused(404):
        charlie.get_collection(slug)
    assert changed.slug not in [it.slug for it in charlie.list_collections(owner="alice")]

with step("a collection of an organisation"):
    bob = HfApi(token=TOKENS["bob"])
    team = bob.create_collection(title, namespace="acme")
    api.add_collection_item(team.slug, model, "model")
    with refused(403):
        charlie.add_collection_item(team.slug, model, "model")
    with refused(403):
        charlie.create_collection("Mine", namespace="acme")
    bob.delete_collection(team.slug)

with step("delete_collection"):
    with refused(403):
        charlie.delete_collection(many[1])
    for each in (slug, *many):
        api.delete_collection(each)
    api.delete_collection(slug, missing_ok=True)
    with refused(404):
        api.get_collection(slug)
