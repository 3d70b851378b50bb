"""The domain's error tree. Parts raise these; `http/errors.py` maps each to a status once.

`code` is the machine-readable word clients get in `X-Error-Code`; the message is for the person.
"""


class HearthubError(Exception):
    """Base of everything a caller can have done wrong. `str(error)` is shown to them."""

    code: str | None = None

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code:
            self.code = code


class BadRequest(HearthubError):
    """The request cannot be understood: malformed lines, hashes, names."""


class Unprocessable(BadRequest):
    """The request is well-formed but asks for something never allowed (a path such as `..`)."""


class NotText(BadRequest):
    """A text with a NUL, or half a surrogate pair: no database takes it."""

    def __init__(self, message: str = "A text of the request is not valid Unicode text") -> None:
        super().__init__(message)


class InvalidCredentials(HearthubError):
    """A token or password was given, and it is wrong, expired or revoked."""

    def __init__(self, message: str = "Invalid credentials in Authorization header") -> None:
        super().__init__(message)


class LoginRequired(HearthubError):
    """Nobody is logged in, and this needs somebody."""

    def __init__(self, message: str = "Log in first: this needs a token") -> None:
        super().__init__(message)


class Forbidden(HearthubError):
    """The caller is known, sees the thing, and may not do this."""


class NotFound(HearthubError):
    """Something that is not a repo, revision or entry: a user, an organisation, a token."""


class RepoNotFound(NotFound):
    """The repo does not exist, or the caller may not know that it does: one answer for both."""

    code = "RepoNotFound"

    def __init__(self, message: str = "Repository not found") -> None:
        super().__init__(message)


class Moved(HearthubError):
    """The repo has another name now; the same request under `new_name` will work."""

    def __init__(self, old_name: str, new_name: str) -> None:
        super().__init__(f"{old_name} is now {new_name}")
        self.old_name, self.new_name = old_name, new_name


class RevisionNotFound(NotFound):
    code = "RevisionNotFound"


class EntryNotFound(NotFound):
    """No such path at this commit. `commit` (40 hex digits) lets clients cache the absence."""

    code = "EntryNotFound"

    def __init__(self, message: str = "Entry not found", *, commit: str | None = None) -> None:
        super().__init__(message)
        self.commit = commit


class GatedRepo(Forbidden):
    """The repo's metadata may be read, its files may not."""

    code = "GatedRepo"


class Conflict(HearthubError):
    """The thing exists already, or is in the way. `url` or, of a collection, `slug`: what exists,
    where clients need it."""

    def __init__(self, message: str, *, url: str | None = None, slug: str | None = None) -> None:
        super().__init__(message)
        self.url, self.slug = url, slug


class StaleParent(HearthubError):
    """The branch moved since the caller read it."""


class TooLarge(HearthubError):
    """A body, file or count over its limit; the message names the limit."""


class OverQuota(TooLarge):
    """A repo or a namespace would use more than it may."""


class TooManyRequests(HearthubError):
    """A caller used up a window of time.

    `policy` names the limit (api, resolve, pages, tokens) of `quota` requests in `window_s`
    seconds; it starts again in `retry_s`.
    """

    def __init__(
        self, message: str, *, policy: str, quota: int, window_s: int, retry_s: int
    ) -> None:
        super().__init__(message)
        self.policy, self.quota = policy, quota
        self.window_s, self.retry_s = window_s, retry_s


class RangeNotSatisfiable(HearthubError):
    """The range starts at or after the end. `size` is the length of the whole, in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"Range not satisfiable: the file has {size} bytes")
        self.size = size


class UpstreamFailed(HearthubError):
    """Another hub cannot be reached, refused, or answered what cannot be true."""


class Unavailable(HearthubError):
    """The hub cannot do this right now (disk full, a worker died); trying again may help.

    `retry_s`: in how many seconds, where that is known.
    """

    def __init__(
        self, message: str, *, code: str | None = None, retry_s: int | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.retry_s = retry_s


class UnderWay(Unavailable):
    """It is being worked out, for so many seconds until now; whoever comes again finds it."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message, retry_s=3)
        self.seconds = seconds


class TookTooLong(Unavailable):
    """Something had so much time and no more."""


class NoRoom(Unavailable):
    """The hub's disk is full, or nearly; trying again helps once somebody has made room."""

    def __init__(self, message: str = "The hub's disk is full: ask its administrator") -> None:
        super().__init__(message)


class Damaged(Unavailable):
    """Stored bytes are not what they were, or gone: refused until they are repaired."""

    code = "Damaged"
