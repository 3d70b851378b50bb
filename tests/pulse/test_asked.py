"""What people ask to be worked out: one at a time, for so long, and once while the lake stands."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from hearthub.errors import TookTooLong, Unavailable, UnderWay
from hearthub.lake import Lake
from hearthub.pulse.asked import FEW, Asked
from hearthub.pulse.reader import Reader

FOREVER = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b"


@pytest.fixture
def asked(lake: Lake) -> Asked:
    return Asked(lake, limit_s=0.3, wait_s=0.2)


def test_an_answer_is_kept_while_the_stamp_is_the_same(asked: Asked) -> None:
    made: list[int] = []

    def work(_: Reader) -> list[int]:
        made.append(1)
        return list(made)

    assert asked.answer("one", "key", work) == [1]
    assert asked.answer("one", "key", work) == [1]
    assert asked.answer("one", "other", work) == [1, 1]
    assert asked.answer("two", "key", work) == [1, 1, 1]
    assert asked.answer(None, "key", work) == [1] * 4
    assert asked.answer("two", "key", work) == [1, 1, 1], "what has no stamp is not kept"
    assert asked.quick("two", "quick", work) == asked.quick("two", "quick", work) == [1] * 5


def test_none_takes_longer_than_it_may(asked: Asked) -> None:
    def work(reader: Reader) -> object:
        with reader.reading() as session:
            return session.value(FOREVER)

    started = time.monotonic()
    with pytest.raises(Unavailable, match="shorter window") as refused:
        asked.answer("one", "key", work)
    assert time.monotonic() - started < 3
    assert refused.value.retry_s
    assert asked.answer("one", "key", lambda _: [1]) == [1], "the turn was given back"


def test_many_statements_share_the_time(asked: Asked) -> None:
    def work(reader: Reader) -> list[int]:
        while True:
            with reader.reading() as session:
                session.value("select 1")

    with pytest.raises(Unavailable, match="shorter window"):
        asked.answer("one", "key", work)


def test_one_at_a_time_a_few_wait_and_the_rest_come_again(lake: Lake) -> None:
    asked = Asked(lake, 0, wait_s=5)
    go, running, most = threading.Event(), [0], [0]

    def work(_: Reader) -> list[int]:
        running[0] += 1
        most[0] = max(most[0], running[0])
        go.wait(5)
        running[0] -= 1
        return [1]

    with ThreadPoolExecutor(FEW + 3) as threads:
        found = [threads.submit(asked.answer, "one", number, work) for number in range(FEW + 3)]
        refused = [it for it in found if _is_refused_soon(it)]
        go.set()
        assert len(refused) == 3
        assert [it.result(5) for it in found if it not in refused] == [[1]] * FEW
    assert most == [1]


def _is_refused_soon(future: Future[list[int]]) -> bool:
    done, _ = wait([future], 0.3)
    return bool(done) and isinstance(future.exception(), Unavailable)


def test_who_waits_too_long_comes_again(asked: Asked) -> None:
    go = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(asked.answer, "one", "first", lambda _: [go.wait(5)])
        time.sleep(0.05)
        with pytest.raises(Unavailable, match="one after the other"):
            asked.answer("one", "second", lambda _: [1])
        go.set()
        assert first.result(5) == [True]


def test_who_waited_for_the_same_does_not_work_again(lake: Lake) -> None:
    asked, made, go = Asked(lake, 0, wait_s=5), [0], threading.Event()

    def work(_: Reader) -> list[int]:
        go.wait(5)
        made[0] += 1
        return [made[0]]

    with ThreadPoolExecutor(3) as threads:
        found = [threads.submit(asked.answer, "one", "key", work) for _ in range(3)]
        go.set()
        assert [it.result(5) for it in found] == [[1]] * 3


def test_a_job_has_it_ready_however_long_it_took(asked: Asked) -> None:
    made = []

    def work(reader: Reader) -> list[int]:
        with reader.reading() as session:  # one that hurries would be refused in a second
            session.value("select sum(a.range * b.range) from range(20000) a, range(20000) b")
        made.append(1)
        return list(made)

    asked.prepare("one", "key", work)
    asked.prepare("one", "key", work)
    assert asked.answer("one", "key", work) == [1]
    asked.prepare("two", "key", work)
    assert asked.answer("two", "key", work) == [1, 1]


class TestSoon:
    """What a page asks: it has what is known at once."""

    def test_what_takes_a_moment_is_there(self, asked: Asked) -> None:
        found = asked.soon("one", "key", lambda _: [1])
        assert (found.value, found.at) == ([1], None)
        assert asked.soon("one", "key", lambda _: [2]).value == [1], "it is kept"

    def test_what_takes_longer_is_under_way_and_there_later(self, asked: Asked) -> None:
        go = threading.Event()

        def work(_: Reader) -> list[bool]:
            return [go.wait(5)]

        started = time.monotonic()
        for _ in range(2):
            with pytest.raises(UnderWay) as begun:
                asked.soon("one", "key", work)
        assert begun.value.seconds >= 1
        assert time.monotonic() - started < 3
        go.set()
        assert _until_there(asked, "one", "key", work) == [True]

    def test_after_more_became_known_the_last_answer_is_there(self, lake: Lake) -> None:
        gone, go = ["nothing"], threading.Event()
        asked = Asked(lake, 0, era=lambda _: gone[0])
        before = datetime.now(UTC)
        assert asked.soon("one", "key", lambda _: [1]).value == [1]
        last = asked.soon("two", "key", lambda _: [go.wait(5)])
        assert last.value == [1]
        assert last.at is not None
        assert before <= last.at <= datetime.now(UTC)
        go.set()
        assert _until_there(asked, "two", "key", lambda _: [2]) == [True]

    def test_what_was_withdrawn_since_is_in_no_last_answer(self, lake: Lake) -> None:
        gone, go = ["nothing"], threading.Event()
        asked = Asked(lake, 0, era=lambda _: gone[0])
        assert asked.soon("one", "key", lambda _: ["a repo"]).value == ["a repo"]
        gone[0] = "a repo"
        with pytest.raises(UnderWay):
            asked.soon("two", "key", lambda _: [go.wait(5)])
        go.set()

    def test_what_is_withdrawn_while_it_is_worked_out(self, lake: Lake) -> None:
        gone, go = ["nothing"], threading.Event()
        asked = Asked(lake, 0, era=lambda _: gone[0])

        def work(_: Reader) -> list[str]:
            gone[0] = "a repo"
            return ["a repo"]

        assert asked.soon("one", "key", work).value == ["a repo"]
        with pytest.raises(UnderWay):
            asked.soon("two", "key", lambda _: [go.wait(5)])
        go.set()

    def test_what_goes_wrong_is_told_once_to_who_comes_for_it(self, lake: Lake) -> None:
        asked, go = Asked(lake, 0.3), threading.Event()

        def work(_: Reader) -> list[int]:
            go.wait(5)
            raise TookTooLong("so long")

        with pytest.raises(UnderWay):
            asked.soon("one", "key", work)
        go.set()
        with pytest.raises(Unavailable, match="longer than"):
            asked.soon("one", "key", work)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_mistake_of_ours_ends_no_later_question(self, asked: Asked) -> None:
        with pytest.raises(Unavailable, match="could not be worked out"):
            asked.soon("one", "key", lambda _: [1 // 0])
        assert _until_there(asked, "one", "key", lambda _: [1]) == [1]

    def test_too_many_at_a_time_come_again(self, lake: Lake) -> None:
        asked, go = Asked(lake, 0), threading.Event()
        made: list[int] = []

        def work(number: int) -> Callable[[Reader], list[bool]]:
            return lambda _: made.append(number) or [go.wait(5)]  # type: ignore[func-returns-value]

        with ThreadPoolExecutor(FEW + 2) as threads:
            found = [
                threads.submit(asked.soon, "one", number, work(number)) for number in range(FEW + 2)
            ]
            assert all(isinstance(it.exception(5), UnderWay) for it in found)
        go.set()
        for number in range(FEW + 2):
            assert _until_there(asked, "one", number, work(number)) == [True]
        assert sorted(made) == list(range(FEW + 2)), "each once"

    def test_without_a_stamp_it_is_worked_out_at_once(self, asked: Asked) -> None:
        assert asked.soon(None, "key", lambda _: [1]).value == [1]
        assert asked.soon(None, "key", lambda _: [2]).value == [2]


def _until_there(asked: Asked, stamp: str, key: object, work: Callable[[Reader], Any]) -> Any:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        with suppress(UnderWay):
            found = asked.soon(stamp, key, work)
            if found.at is None:
                return found.value
        time.sleep(0.02)
    raise AssertionError("it never was there")
