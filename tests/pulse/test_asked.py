"""What people ask to be worked out: one at a time, for so long, and once while the lake stands."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from hearthub.errors import Unavailable
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
