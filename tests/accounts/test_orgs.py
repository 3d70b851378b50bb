import pytest

from hearthub.accounts import ANONYMOUS, Accounts
from hearthub.errors import BadRequest, LoginRequired, NotFound


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
