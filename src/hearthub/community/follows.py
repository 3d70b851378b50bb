"""Who follows whom: users follow users and organisations."""

from collections.abc import Sequence
from dataclasses import dataclass

from hearthub.accounts import Account, Actor
from hearthub.clock import now_ms
from hearthub.db import Database, batches
from hearthub.errors import BadRequest, Forbidden, LoginRequired, TooLarge

MAX_FOLLOWING = 10_000


@dataclass(frozen=True)
class Face:
    """`kind` is user or org."""

    id: int
    name: str
    fullname: str
    kind: str


@dataclass(frozen=True)
class Sociable:
    """What others see of an account's life here, private repos and collections apart."""

    followers: int
    following: int
    likes: int
    discussions: int
    upvotes: int


class Follows:
    def __init__(self, db: Database) -> None:
        self._db = db

    def follow(self, actor: Actor, account: Account) -> None:
        """Following twice is following once."""
        self._check(actor)
        if actor.user_id == account.id:
            raise BadRequest("Nobody follows himself")
        with self._db.transaction():
            many = self._db.value(
                "select count(*) from follow where follower_id = :user", user=actor.user_id
            )
            if many >= MAX_FOLLOWING:
                raise TooLarge(f"You follow {MAX_FOLLOWING} accounts already")
            self._db.execute(
                "insert into follow (follower_id, followed_id, created) values (:user, :it, :now) "
                "on conflict (follower_id, followed_id) do nothing",
                user=actor.user_id,
                it=account.id,
                now=now_ms(),
            )

    def unfollow(self, actor: Actor, account: Account) -> None:
        self._check(actor)
        self._db.execute(
            "delete from follow where follower_id = :user and followed_id = :it",
            user=actor.user_id,
            it=account.id,
        )

    def followers(self, account_id: int, *, skip: int, limit: int) -> list[Face]:
        """Newest first."""
        return self._faces(
            "f.follower_id = a.id where f.followed_id = :id", account_id, skip, limit
        )

    def following(self, account_id: int, *, skip: int, limit: int) -> list[Face]:
        """Users and organisations, newest first."""
        return self._faces(
            "f.followed_id = a.id where f.follower_id = :id", account_id, skip, limit
        )

    def followed(self, actor: Actor, account_ids: Sequence[int]) -> set[int]:
        """Those of these accounts that the actor follows."""
        if actor.user_id is None:
            return set()
        return {
            row[0]
            for some in batches(account_ids)
            for row in self._db.all(
                "select followed_id from follow where follower_id = :user "
                "and followed_id in (:ids)",
                user=actor.user_id,
                ids=some,
            )
        }

    def sociable(self, account_id: int) -> Sociable:
        row = self._db.one(
            "select (select count(*) from follow where followed_id = :id), "
            "(select count(*) from follow where follower_id = :id), "
            "(select count(*) from repo_like l join repo r on r.id = l.repo_id "
            "where l.user_id = :id and r.visibility <> 'private'), "
            "(select count(*) from discussion d join repo r on r.id = d.repo_id "
            "where d.author_id = :id and r.visibility <> 'private'), "
            "(select coalesce(sum(upvotes), 0) from collection "
            "where owner_id = :id and private = 0)",
            id=account_id,
        )
        return Sociable(*map(int, row or (0, 0, 0, 0, 0)))

    def _faces(self, condition: str, account_id: int, skip: int, limit: int) -> list[Face]:
        rows = self._db.all(
            "select a.id, a.name, a.fullname, a.kind from account a "  # noqa: S608 - constants
            f"join follow f on {condition} "
            "order by f.created desc, a.id desc limit :limit offset :skip",
            id=account_id,
            limit=limit,
            skip=skip,
        )
        return [Face(*row) for row in rows]

    def _check(self, actor: Actor) -> None:
        if actor.user_id is None:
            raise LoginRequired
        if not actor.can_write:
            raise Forbidden("This token may only read: use one with the write role")
