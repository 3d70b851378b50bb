"""The page that lets a device in: whoever types its code sees who asks, and says yes or no."""

import html

import httpx
import pytest

from browsing import Browser
from calls import unique
from live import LiveHub

HOSTILE = '"><script>alert(1)</script>'
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def start(people: LiveHub, agent: str = "hf/1.0") -> tuple[str, str]:
    """The device's code, and the user's."""
    with people.client() as client:
        answer = client.post(
            "/oauth/device", data={"client_id": "x"}, headers={"User-Agent": agent}
        ).json()
    return answer["device_code"], answer["user_code"]


def poll(people: LiveHub, code: str) -> httpx.Response:
    with people.client() as client:
        form = {"grant_type": GRANT, "device_code": code, "client_id": "x"}
        return client.post("/oauth/token", data=form)


@pytest.fixture
def newcomer(stranger: Browser) -> tuple[Browser, str]:
    """Wrong codes are counted for each account."""
    name = unique("typist")
    stranger.submit("/signup", name=name, password="long enough")
    return stranger, name


def test_strangers_log_in_first(stranger: Browser) -> None:
    answer = stranger.get("/oauth/device?user_code=BCDF-GHJK")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Foauth%2Fdevice%3Fuser_code%3DBCDF-GHJK"


@pytest.mark.parametrize("role", ["read", "write"])
def test_approved(people: LiveHub, alice_browser: Browser, role: str) -> None:
    device, code = start(people)
    page = f"/oauth/device?user_code={code.lower().replace('-', ' ')}"
    text = alice_browser.get(page).text
    assert "hf/1.0" in text
    assert "127.0.0.1" in text
    answer = alice_browser.submit(page, "/oauth/device/answer", answer="approve", role=role)
    assert answer.headers["location"] == "/oauth/device?said=approved"
    assert "logged in as you" in alice_browser.get("/oauth/device?said=approved").text
    token = poll(people, device).json()["access_token"]
    with people.client(token=token) as client:
        who = client.get("/api/whoami-v2").json()
    assert (who["name"], who["auth"]["accessToken"]["role"]) == ("alice", role)


def test_denied(people: LiveHub, alice_browser: Browser) -> None:
    device, code = start(people)
    page = f"/oauth/device?user_code={code}"
    answer = alice_browser.submit(page, "/oauth/device/answer", answer="deny", role="write")
    assert answer.headers["location"] == "/oauth/device?said=denied"
    assert poll(people, device).json()["error"] == "access_denied"
    assert alice_browser.get(page).status_code == 404


def test_looking_is_not_approving(people: LiveHub, alice_browser: Browser) -> None:
    device, code = start(people)
    page = f"/oauth/device?user_code={code}"
    for fields in ({"role": "admin", "answer": "approve"}, {"role": "write", "answer": "maybe"}):
        assert alice_browser.submit(page, "/oauth/device/answer", **fields).status_code == 400
    form = {"user_code": code, "answer": "approve", "role": "write"}
    assert alice_browser.post("/oauth/device/answer", data=form).status_code == 403
    token = alice_browser.hidden(page, "/oauth/device/answer")
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = alice_browser.post("/oauth/device/answer", data=token | form, headers=elsewhere)
    assert answer.status_code == 403
    assert poll(people, device).json()["error"] == "authorization_pending"


def test_hostile(people: LiveHub, alice_browser: Browser) -> None:
    _, code = start(people, f"x{HOSTILE}")
    for page in (code, HOSTILE):
        text = alice_browser.get("/oauth/device", params={"user_code": page}).text
        assert "<script" not in text
        assert html.escape(HOSTILE)[:10] in text or "&#34;&gt;&lt;script" in text


def test_wrong_codes_are_counted(people: LiveHub, newcomer: tuple[Browser, str]) -> None:
    browser, _ = newcomer
    seen = [browser.get("/oauth/device?user_code=BBBB-BBBB") for _ in range(11)]
    assert [it.status_code for it in seen] == [404] * 10 + [429]
    assert 'role="alert"' in seen[0].text
    _, code = start(people)
    assert browser.get(f"/oauth/device?user_code={code}").status_code == 429


def test_images_count_no_codes(people: LiveHub, newcomer: tuple[Browser, str]) -> None:
    """A card's images are fetched by whoever looks at it; nor do they try any code."""
    browser, _ = newcomer
    _, code = start(people)
    right, wrong = f"/oauth/device?user_code={code}", "/oauth/device?user_code=BBBB-BBBB"
    for _ in range(11):
        assert browser.get(wrong, headers={"Sec-Fetch-Dest": "image"}).status_code == 200
    assert "hf/1.0" not in browser.get(right, headers={"Sec-Fetch-Dest": "image"}).text
    assert "hf/1.0" in browser.get(right, headers={"Sec-Fetch-Dest": "document"}).text
    tries = [browser.get(wrong, headers={"Sec-Fetch-Dest": "document"}) for _ in range(11)]
    assert [it.status_code for it in tries] == [404] * 10 + [429]
