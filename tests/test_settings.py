from pathlib import Path

import pytest

from hearthub.settings import load


def test_environment_and_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEARTHUB_DATA", str(tmp_path))
    monkeypatch.setenv("HEARTHUB_PORT", "8000")
    monkeypatch.setenv("HEARTHUB_PUBLIC_URL", "https://hub.example.org/")
    settings = load(host=None, port=9000)
    assert (settings.data, settings.port) == (tmp_path, 9000)
    assert settings.base_url == "https://hub.example.org"
    assert settings.is_loopback


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "many"),
        ("WORKERS", "-3"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("UPSTREAM_TIMEOUT", "0"),
    ],
)
def test_what_makes_no_sense_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(f"HEARTHUB_{variable}", value)
    with pytest.raises(ValueError, match=f"HEARTHUB_{variable}"):
        load()


def test_a_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHUB_UPSTREAM_TOKEN", "hf_secret")
    settings = load()
    assert settings.upstream_token == "hf_secret"
    assert "hf_secret" not in repr(settings)
