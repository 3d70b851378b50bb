"""Gated repos in the browser: a visitor asks, the owner decides, and nobody else."""

import re

import pytest

from browsing import Browser
from calls import commit, new_repo, put, unique
from live import LiveHub

HOSTILE = '"><script>alert(1)</script>'
CARD = """---
extra_gated_heading: 'Heading "><script>h</script>'
extra_gated_prompt: 'Prompt "><script>p</script>'
extra_gated_button_content: 'Button "><script>b</script>'
extra_gated_fields:
  'Company "><script>c</script>': text
  I agree: checkbox
  Born: date_picker
  Purpose:
    type: select
    options: [Research, {label: 'Other "><script>o</script>', value: other}]
  Odd: {type: [1]}
---
# Secret words
"""
ANSWERS = {"q0": f"Acme {HOSTILE}", "q1": "1", "q2": "2000-01-01", "q3": "other", "q4": "x"}


def gated(people: LiveHub, gate: str = "manual", card: str = CARD) -> str:
    with people.client("alice") as client:
        repo = new_repo(client, unique("gate"))
        commit(client, repo, put("README.md", card.encode()))
        assert client.put(f"/api/models/{repo}/settings", json={"gated": gate}).status_code == 200
    people.settle()
    return repo


@pytest.fixture
def repo(people: LiveHub) -> str:
    return gated(people)


def uid(page: str) -> str:
    found = re.search(r'name="request" value="(\w+)"', page)
    assert found, page
    return found[1]


def test_strangers_are_asked_to_log_in(stranger: Browser, repo: str) -> None:
    text = stranger.get(f"/{repo}").text
    assert f"/login?next=%2F{repo.replace('/', '%2F')}" in text.replace("next=/", "next=%2F")
    assert "/access" not in text
    assert "Secret words" not in text
    assert stranger.post(f"/{repo}/access", data=ANSWERS).status_code == 401


def test_asked_and_accepted(
    people: LiveHub, charlie_browser: Browser, alice_browser: Browser, repo: str
) -> None:
    page = charlie_browser.get(f"/{repo}").text
    assert "<script>" not in page
    for words in ("Heading", "Prompt", "Button", "Company", "I agree", "Purpose", "Research"):
        assert words in page
    answer = charlie_browser.submit(f"/{repo}", f"/{repo}/access", **ANSWERS)
    assert answer.status_code == 303, answer.text
    page = charlie_browser.get(f"/{repo}").text
    assert "has not decided yet" in page
    assert "Secret words" not in page
    listed = alice_browser.get(f"/{repo}/settings/access").text
    assert "<script" not in listed
    assert "charlie@example.org" in listed
    assert "Acme &#34;&gt;&lt;script" in listed
    decide = f"/{repo}/settings/access/decide"
    answer = alice_browser.submit(f"/{repo}/settings/access", decide, do="accept")
    assert answer.headers["location"].endswith("said=accepted")
    assert "charlie" in alice_browser.get(f"/{repo}/settings/access?status=accepted").text
    assert "Secret words" in charlie_browser.get(f"/{repo}").text
    page = f"/{repo}/settings/access?status=accepted"
    assert alice_browser.submit(page, decide, do="cancel").status_code == 303
    assert "Secret words" not in charlie_browser.get(f"/{repo}").text


def test_rejected_with_a_reason(
    charlie_browser: Browser, alice_browser: Browser, repo: str
) -> None:
    charlie_browser.submit(f"/{repo}", f"/{repo}/access", **ANSWERS)
    page, decide = f"/{repo}/settings/access", f"/{repo}/settings/access/decide"
    reason = f"Because {HOSTILE}"
    assert alice_browser.submit(page, decide, do="reject", reason=reason).status_code == 303
    text = charlie_browser.get(f"/{repo}").text
    assert "was rejected" in text
    assert "Because &#34;&gt;&lt;script" in text
    assert f'action="/{repo}/access"' not in text
    assert "Because &#34;" in alice_browser.get(f"{page}?status=rejected").text
    assert alice_browser.submit(
        f"{page}?status=rejected", decide, do="nonsense"
    ).status_code == 400  # fmt: skip


@pytest.mark.parametrize("changed", [{"q0": ""}, {"q1": None}, {"q3": HOSTILE}, {"q0": "x" * 2001}])
def test_answers_are_checked(
    charlie_browser: Browser, repo: str, changed: dict[str, str | None]
) -> None:
    answer = charlie_browser.submit(f"/{repo}", f"/{repo}/access", **(ANSWERS | changed))
    assert answer.status_code == 400
    assert "<script" not in answer.text
    assert f'action="/{repo}/access"' in charlie_browser.get(f"/{repo}").text


def test_cancelled_by_whoever_asked(
    charlie_browser: Browser, alice_browser: Browser, repo: str
) -> None:
    charlie_browser.submit(f"/{repo}", f"/{repo}/access", **ANSWERS)
    token = charlie_browser.hidden(f"/{repo}", f"/{repo}/access/cancel")
    assert charlie_browser.submit(f"/{repo}", f"/{repo}/access/cancel").status_code == 303
    assert f'action="/{repo}/access"' in charlie_browser.get(f"/{repo}").text
    assert "None." in alice_browser.get(f"/{repo}/settings/access").text
    assert charlie_browser.post(f"/{repo}/access/cancel", data=token).status_code == 404


def test_what_was_decided_cannot_be_cancelled(
    charlie_browser: Browser, alice_browser: Browser, repo: str
) -> None:
    charlie_browser.submit(f"/{repo}", f"/{repo}/access", **ANSWERS)
    token = charlie_browser.hidden(f"/{repo}", f"/{repo}/access/cancel")
    page = f"/{repo}/settings/access"
    alice_browser.submit(page, f"{page}/decide", do="reject")
    assert charlie_browser.post(f"/{repo}/access/cancel", data=token).status_code == 404
    assert "was rejected" in charlie_browser.get(f"/{repo}").text


def test_auto_lets_in_at_once(people: LiveHub, charlie_browser: Browser) -> None:
    repo = gated(people, "auto", "---\nextra_gated_fields: nonsense\n---\n# Secret words\n")
    assert charlie_browser.submit(f"/{repo}", f"/{repo}/access").status_code == 303
    assert "Secret words" in charlie_browser.get(f"/{repo}").text


def test_granted_by_name(charlie_browser: Browser, alice_browser: Browser, repo: str) -> None:
    page = f"/{repo}/settings/access"
    for name, status in (("nobody", 404), (HOSTILE, 404), ("charlie", 303), ("charlie", 400)):
        answer = alice_browser.submit(page, f"{page}/grant", user=name)
        assert answer.status_code == status
        assert "<script" not in answer.text
    assert "Secret words" in charlie_browser.get(f"/{repo}").text


def test_only_who_administers_it_decides(
    charlie_browser: Browser, alice_browser: Browser, repo: str
) -> None:
    charlie_browser.submit(f"/{repo}", f"/{repo}/access", **ANSWERS)
    page = f"/{repo}/settings/access"
    assert charlie_browser.get(page).status_code == 403
    form = alice_browser.hidden(page, f"{page}/decide") | {"do": "accept"}
    own = charlie_browser.hidden("/", "/logout")
    assert charlie_browser.post(f"{page}/decide", data=form | own).status_code == 403
    assert charlie_browser.post(f"{page}/grant", data=own | {"user": "charlie"}).status_code == 403
    assert alice_browser.post(f"{page}/decide", data=form | {"csrf": ""}).status_code == 403
    assert alice_browser.post(f"{page}/grant", data={"user": "charlie"}).status_code == 403
    assert "Secret words" not in charlie_browser.get(f"/{repo}").text


def test_not_gated(people: LiveHub, alice_browser: Browser) -> None:
    with people.client("alice") as client:
        repo = new_repo(client, unique("open"))
    assert "is not gated" in alice_browser.get(f"/{repo}/settings/access").text


def test_the_enter_key_in_the_reason_rejects(
    charlie_browser: Browser, alice_browser: Browser, repo: str
) -> None:
    """A browser presses the first button of the form that a field is in."""
    charlie_browser.submit(f"/{repo}", f"/{repo}/access", **ANSWERS)
    text = alice_browser.get(f"/{repo}/settings/access").text
    form = next(it for it in text.split("<form")[1:] if 'name="reason"' in it)
    assert re.findall(r'<button[^>]* value="(\w+)"', form.split("</form>")[0]) == ["reject"]
