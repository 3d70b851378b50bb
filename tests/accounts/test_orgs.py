import pytest

from hearthub.accounts import ANONYMOUS, Accounts
from hearthub.errors import BadRequest, Conflict, Forbidden, LoginRequired, NotFound


def id_of(accounts: Accounts, name: str) -> int:
    account = accounts.account(name)
    assert account is not None
    return account.id


def test_the_creator_administers_the_organisation(accounts: Accounts) -> None:
    found = [(member.account.name, member.role) for member in accounts.members("ACME")]
    assert found == [("alice", "admin"), ("Bob", "write")]


def test_a_failed_creation_leaves_no_organisation(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        accounts.add_org("empty", creator=12345)
    assert accounts.account("empty") is None


def test_a_role_changes_in_place(accounts: Accounts) -> None:
    for role in ("read", "contributor", "admin"):
        accounts.set_member("acme", "bob", role)
        assert accounts.actor("bob").roles == {id_of(accounts, "acme"): role}
    assert len(accounts.members("acme")) == 2


def test_an_outsider_has_no_role(accounts: Accounts) -> None:
    assert accounts.actor("charlie").roles == {}
    assert accounts.orgs_of(id_of(accounts, "charlie")) == []


def test_a_membership_ends(accounts: Accounts) -> None:
    accounts.remove_member("acme", "bob")
    assert accounts.actor("bob").roles == {}
    with pytest.raises(NotFound, match="not a member"):
        accounts.remove_member("acme", "bob")


@pytest.mark.parametrize("role", ["owner", "", "Admin"])
def test_an_unknown_role_is_refused(accounts: Accounts, role: str) -> None:
    with pytest.raises(BadRequest, match="contributor"):
        accounts.set_member("acme", "charlie", role)


@pytest.mark.parametrize(("org", "user"), [("alice", "bob"), ("acme", "acme"), ("acme", "zoe")])
def test_members_are_users_and_groups_organisations(
    accounts: Accounts, org: str, user: str
) -> None:
    with pytest.raises(NotFound):
        accounts.set_member(org, user, "read")


def test_default_visibility(accounts: Accounts) -> None:
    assert accounts.add_org("secret", default_private=True).default_private
    assert not accounts.orgs()[0].default_private


def test_whoami_of_a_member(accounts: Accounts) -> None:
    actor = accounts.authenticate(accounts.add_token("alice", "laptop", "read"))
    answer = accounts.whoami(actor)
    org_avatar, avatar = answer["orgs"][0].pop("avatarUrl"), answer.pop("avatarUrl")
    assert avatar.startswith("data:image/svg+xml,")
    assert avatar != org_avatar
    created = answer["auth"]["accessToken"].pop("createdAt")
    assert created.endswith("Z")
    assert answer == {
        "type": "user",
        "id": f"{id_of(accounts, 'alice'):024x}",
        "name": "alice",
        "fullname": "Alice A.",
        "email": "alice@example.org",
        "isPro": False,
        "orgs": [
            {
                "type": "org",
                "id": f"{id_of(accounts, 'acme'):024x}",
                "name": "acme",
                "fullname": "Acme",
                "roleInOrg": "admin",
            }
        ],
        "auth": {
            "type": "access_token",
            "accessToken": {"displayName": "laptop", "role": "read"},
        },
    }


def test_whoami_without_organisations_or_token(accounts: Accounts) -> None:
    answer = accounts.whoami(accounts.actor("charlie"))
    assert answer["orgs"] == []
    assert answer["auth"] == {"type": "session"}


def test_nobody_is_nobody(accounts: Accounts) -> None:
    assert ANONYMOUS.is_anonymous
    assert (ANONYMOUS.is_admin, ANONYMOUS.can_write, ANONYMOUS.roles) == (False, False, {})
    with pytest.raises(LoginRequired):
        accounts.whoami(ANONYMOUS)


def test_only_administrators_change_an_organisation(accounts: Accounts) -> None:
    for name in ("Bob", "charlie"):
        who = id_of(accounts, name)
        with pytest.raises(Forbidden):
            accounts.set_member("acme", who, "admin", by=who)
        with pytest.raises(Forbidden):
            accounts.remove_member("acme", "alice", by=who)
        with pytest.raises(Forbidden):
            accounts.change_org("acme", fullname="Theirs", by=who)
    assert len(accounts.members("acme")) == 2
    chief = accounts.add_user("chief", admin=True)
    accounts.set_member("acme", "charlie", "read", by=chief.id)
    accounts.change_org("acme", fullname="Acme & Co", by=id_of(accounts, "alice"))
    assert accounts.actor("charlie").roles == {id_of(accounts, "acme"): "read"}


def test_the_last_administrator_stays(accounts: Accounts) -> None:
    alice, bob = id_of(accounts, "alice"), id_of(accounts, "bob")
    accounts.add_user("chief", admin=True)
    for by in (alice, id_of(accounts, "chief")):
        with pytest.raises(Conflict, match="last administrator"):
            accounts.remove_member("acme", "alice", by=by)
        with pytest.raises(Conflict, match="last administrator"):
            accounts.set_member("acme", "alice", "write", by=by)
    accounts.set_member("acme", "alice", "admin", by=alice)  # changes nothing
    accounts.set_member("acme", "bob", "admin", by=alice)
    accounts.set_disabled("bob", True)
    with pytest.raises(Conflict):  # nobody could log in to administer it
        accounts.remove_member("acme", "alice", by=alice)
    accounts.set_disabled("bob", False)
    accounts.remove_member("acme", "alice", by=alice)
    with pytest.raises(Conflict):
        accounts.remove_member("acme", "bob", by=bob)


def test_anybody_may_leave(accounts: Accounts) -> None:
    bob, charlie = id_of(accounts, "bob"), id_of(accounts, "charlie")
    with pytest.raises(NotFound):
        accounts.remove_member("acme", "charlie", by=charlie)
    accounts.remove_member("acme", "bob", by=bob)
    assert [it.account.name for it in accounts.members("acme")] == ["alice"]


def test_a_user_makes_so_many_organisations_and_no_more(accounts: Accounts) -> None:
    accounts.add_org("second", creator=1, most=2)  # acme was the first
    with pytest.raises(Forbidden, match="You made 2 organisations, and this hub allows 2"):
        accounts.add_org("third", creator=1, most=2)
    assert [org.name for org in accounts.orgs()] == ["acme", "second"]
    accounts.add_org("third", creator=1)


def test_neither_leaving_nor_being_appointed_changes_how_many_one_made(accounts: Accounts) -> None:
    accounts.set_member("acme", "bob", "admin")
    accounts.add_org("bobs", creator=2, most=1)
    accounts.remove_member("acme", "alice")
    with pytest.raises(Forbidden):
        accounts.add_org("third", creator=1, most=1)


def test_administrators_of_the_hub_make_as_many_as_they_like(accounts: Accounts) -> None:
    accounts.change_user("alice", admin=True)
    assert accounts.add_org("second", creator=1, most=1).name == "second"
