"""The only reader of the environment. Every setting is a field of `Settings`, documented here."""

import ipaddress
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

NEVER_ZERO = frozenset(
    {"max_regular_file", "max_file", "max_commit_body", "max_request_body", "rate_window"}
)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Settings:
    """What one Hearthub process is told from outside. Sizes in bytes, times in seconds."""

    data: Path
    """`HEARTHUB_DATA`: the folder that holds everything; default: the user's data folder."""
    host: str = "127.0.0.1"
    """`HEARTHUB_HOST`: the address `serve` listens on."""
    port: int = 7979
    """`HEARTHUB_PORT`."""
    public_url: str | None = None
    """`HEARTHUB_PUBLIC_URL`: what clients call this hub, without a trailing slash."""
    database_url: str | None = None
    """`HEARTHUB_DATABASE_URL`: SQLAlchemy URL; default: two SQLite files in the data folder."""
    region: str = "local"
    """`HEARTHUB_REGION`: the region named in tags."""
    workers: int = 2
    """`HEARTHUB_WORKERS`: processes that check uploaded bytes."""
    max_regular_file: int = 10 * 2**20
    """`HEARTHUB_MAX_REGULAR_FILE`: larger files must come by Xet or LFS."""
    max_file: int = 500 * 10**9
    """`HEARTHUB_MAX_FILE`: the largest file accepted at all."""
    max_commit_body: int = 2 * 2**30
    """`HEARTHUB_MAX_COMMIT_BODY`: the largest body of one commit request."""
    upstream: str = "https://huggingface.co"
    """`HEARTHUB_UPSTREAM`: the hub that `import` asks unless told another."""
    upstream_token: str | None = field(default=None, repr=False)
    """`HEARTHUB_UPSTREAM_TOKEN`: a token of that hub; no other host ever gets it."""
    upstream_timeout: int = 60
    """`HEARTHUB_UPSTREAM_TIMEOUT`: how long that hub may be silent."""
    max_request_body: int = 32 * 2**20
    """`HEARTHUB_MAX_REQUEST_BODY`: the largest body of any other request that is no upload."""
    max_repo_size: int = 0
    """`HEARTHUB_MAX_REPO_SIZE`: how much one repo may use; 0: no limit."""
    max_namespace_size: int = 0
    """`HEARTHUB_MAX_NAMESPACE_SIZE`: all repos of a user or organisation together; 0: no limit."""
    max_proposed_size: int = 10 * 10**9
    """`HEARTHUB_MAX_PROPOSED_SIZE`: what people who may not write bring to a namespace, with their
    pull requests together; 0: no limit but a tenth of the two above."""
    max_orgs: int = 20
    """`HEARTHUB_MAX_ORGS`: organisations one user may make; 0: no limit."""
    max_folder_entries: int = 10_000
    """`HEARTHUB_MAX_FOLDER_ENTRIES`: files and folders directly in one folder; 0: no limit."""
    min_free: int = 2**30
    """`HEARTHUB_MIN_FREE`: room on the disk that uploads and commits leave; 0: all is theirs."""
    max_pulse_seconds: int = 30
    """`HEARTHUB_MAX_PULSE_SECONDS`: for one number of the observatory, on request; 0: no limit."""
    rate_window: int = 300
    """`HEARTHUB_RATE_WINDOW`: the seconds that the next five count requests in."""
    rate_api: int = 0
    """`HEARTHUB_RATE_API`: API requests of a token or address; 0: no limit."""
    rate_resolve: int = 0
    """`HEARTHUB_RATE_RESOLVE`: the same for downloads."""
    rate_pages: int = 0
    """`HEARTHUB_RATE_PAGES`: the same for pages, by address."""
    rate_wrong_tokens: int = 300
    """`HEARTHUB_RATE_WRONG_TOKENS`: tokens an address may get wrong; 0: no limit."""
    rate_logins: int = 20
    """`HEARTHUB_RATE_LOGINS`: wrong passwords of an address, and sign-ups; 0: no limit."""
    sign_up: str = "off"
    """`HEARTHUB_SIGN_UP`: `open` lets strangers make accounts for themselves."""
    oidc_issuer: str | None = None
    """`HEARTHUB_OIDC_ISSUER`: the OpenID Connect provider that people may sign in with."""
    oidc_client_id: str | None = None
    """`HEARTHUB_OIDC_CLIENT_ID`: what the provider calls this hub."""
    oidc_client_secret: str | None = field(default=None, repr=False)
    """`HEARTHUB_OIDC_CLIENT_SECRET`: the secret it gave; none for a public client."""
    oidc_name: str = "single sign-on"
    """`HEARTHUB_OIDC_NAME`: what the button calls it: Log in with ..."""
    oidc_sign_up: str = "off"
    """`HEARTHUB_OIDC_SIGN_UP`: who gets an account by signing in: `off`, `open` (all the provider
    knows), or domains of verified e-mail addresses with commas between."""
    trusted_proxies: str = "127.0.0.1,::1"
    """`HEARTHUB_TRUSTED_PROXIES`: addresses whose X-Forwarded-For is believed; `none`: nobody's."""
    webhook_networks: str = "none"
    """`HEARTHUB_WEBHOOK_NETWORKS`: addresses that are not public to which webhooks may be sent."""
    log_level: str = "info"
    """`HEARTHUB_LOG_LEVEL`: debug, info, warning or error."""
    log_format: str = "text"
    """`HEARTHUB_LOG_FORMAT`: text or json."""

    @property
    def base_url(self) -> str:
        """Where this process can be reached when no public URL is set."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK


def load(**overrides: object) -> Settings:
    """Settings from `HEARTHUB_*`, with the command line's words (those not None) on top.

    Raises ValueError naming the variable when a value cannot be read.
    """
    settings = Settings(data=Path(platformdirs.user_data_dir("hearthub", appauthor=False)))
    values: dict[str, object] = {}
    for name, setting in Settings.__dataclass_fields__.items():
        if raw := os.environ.get(f"HEARTHUB_{name.upper()}"):
            values[name] = _parse(f"HEARTHUB_{name.upper()}", raw, str(setting.type))
    values |= {name: value for name, value in overrides.items() if value is not None}
    if url := values.get("public_url"):
        values["public_url"] = str(url).rstrip("/")
    values["data"] = Path(str(values.get("data", settings.data))).expanduser().absolute()
    return _check(replace(settings, **values))  # type: ignore[arg-type]


def is_safe_address(text: str) -> bool:
    """Whether secrets may be sent there: https, or a host of this machine."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def variable(name: str) -> str | None:
    """A variable that an operator's own file names, such as one with a password in it."""
    return os.environ.get(name)


def _check(settings: Settings) -> Settings:
    """Raises ValueError naming the first setting that makes no sense."""
    rules = {
        "port": (1 <= settings.port <= 65_535, "write a number from 1 to 65535"),
        "workers": (1 <= settings.workers <= 64, "write a number from 1 to 64"),
        "upstream_timeout": (
            1 <= settings.upstream_timeout <= 3600,
            "write a number from 1 to 3600",
        ),
        "log_level": (
            settings.log_level in ("debug", "info", "warning", "error"),
            "write debug, info, warning or error",
        ),
        "trusted_proxies": (
            _are_networks(settings.trusted_proxies),
            "write addresses or networks (10.0.0.0/8) with commas between, or none",
        ),
        "oidc_issuer": (
            settings.oidc_issuer is None or is_safe_address(settings.oidc_issuer),
            "write an https address (http only for this machine)",
        ),
        "oidc_client_id": (
            bool(settings.oidc_client_id) or not settings.oidc_issuer,
            "write what the provider HEARTHUB_OIDC_ISSUER calls this hub",
        ),
        "sign_up": (settings.sign_up in ("off", "open"), "write off or open"),
        "webhook_networks": (
            _are_networks(settings.webhook_networks),
            "write addresses or networks (10.0.0.0/8) with commas between, or none",
        ),
        "log_format": (settings.log_format in ("text", "json"), "write text or json"),
    }
    for name, value in vars(settings).items():
        if name.startswith(("max_", "min_", "rate_")):
            least = 1 if name in NEVER_ZERO else 0
            rules[name] = (value >= least, f"write a whole number, {least} or more")
    for name, (is_fine, advice) in rules.items():
        if not is_fine:
            value = getattr(settings, name)
            raise ValueError(f"HEARTHUB_{name.upper()}={value!r}: {advice}")
    return settings


def _are_networks(text: str) -> bool:
    try:
        for word in text.split(",") if text != "none" else ():
            ipaddress.ip_network(word.strip(), strict=False)
    except ValueError:
        return False
    return True


def _parse(variable: str, raw: str, kind: str) -> object:
    if "int" in kind:
        try:
            return int(raw)
        except ValueError:
            raise ValueError(f"{variable}={raw!r}: write a whole number") from None
    return raw
