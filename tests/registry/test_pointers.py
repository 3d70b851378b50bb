import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthub.registry.pointers import MAX_POINTER, Pointer, parse_pointer

SHA = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
TEXT = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 12345\n" % SHA.encode()


def test_it_works():
    """The example of the specification, to the byte."""
    assert Pointer(SHA, 12345).encode() == TEXT
    assert parse_pointer(TEXT) == Pointer(SHA, 12345)


@given(st.binary(max_size=20), st.integers(0, 2**63 - 1))
def test_round_trip(data, size):
    pointer = Pointer(hashlib.sha256(data).hexdigest(), size)
    assert parse_pointer(pointer.encode()) == pointer


def test_extensions_are_passed_over():
    line = b"ext-0-foo sha256:" + b"a" * 64 + b"\n"
    assert parse_pointer(TEXT.replace(b"oid", line + b"oid")) == Pointer(SHA, 12345)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"version https://git-lfs.github.com/spec/v1\n",
        TEXT.replace(b"v1", b"v2"),
        TEXT.replace(b"sha256", b"sha1"),
        TEXT.replace(b"4d7a", b"4D7A"),
        TEXT.replace(b"4d7a", b"4d7"),
        TEXT.replace(b"12345", b"-1"),
        TEXT.replace(b"12345", b"012"),
        TEXT.replace(b"12345", b"9223372036854775808"),
        TEXT.replace(b"12345", b"1" * 900),
        TEXT.replace(b"\n", b"\r\n"),
        TEXT + b"more\n",
        b"\n" + TEXT,
        TEXT + b" " * MAX_POINTER,
        TEXT.replace(b"12345", "\u0661".encode()),
    ],
)
def test_everything_else_is_a_plain_file(content):
    assert parse_pointer(content) is None
