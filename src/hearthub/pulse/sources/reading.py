"""Values out of files of any shape, as SQL expressions: a value that cannot be read becomes null.

What strangers wrote is text, numbers or lists of texts; whatever else stands there is none of it.
"""

import re
from dataclasses import dataclass

from hearthub.lake import Session

_INTEGERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
_FLOATS = re.compile(r"FLOAT|DOUBLE|DECIMAL.*")
_TIMES = re.compile(r"(TIMESTAMP|DATE).*")

MISSING = "('', 'nan', 'null', 'none', 'n/a', 'na', 'nat')"
"""Words, in lower case, that tables have where a value is missing."""

# Beside ISO 8601; `%z` makes all of them times with a zone.
TIME_FORMATS = (
    "%a %b %d %H:%M:%S %Y %z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%Y%m%dT%H%M%SZ",
    "%Y%m%dT%H%M%S%z",
    "%Y%m%d",
    "%a, %d %b %Y %H:%M:%S GMT",
)


@dataclass(frozen=True)
class Column:
    sql: str
    """A column's name, quoted, or an expression."""
    kind: str
    """Its type as DuckDB calls it, in upper case."""

    @property
    def is_list(self) -> bool:
        return self.kind.endswith("[]")

    @property
    def is_nested(self) -> bool:
        return self.is_list or self.kind.startswith(("STRUCT", "MAP", "UNION"))

    @property
    def is_number(self) -> bool:
        return bool(_INTEGERS.fullmatch(self.kind) or _FLOATS.fullmatch(self.kind))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def text(column: Column) -> str:
    """Trimmed; null for the words of `MISSING`, for lists and for objects."""
    if column.is_nested:
        return "cast(null as varchar)"
    if column.kind == "JSON":
        is_plain = f"json_type({column.sql}) not in ('ARRAY', 'OBJECT')"
        found = f"trim(case when {is_plain} then {column.sql} ->> '$' end)"
    else:
        found = f"trim(cast({column.sql} as varchar))"
    return f"(case when lower({found}) not in {MISSING} then {found} end)"


def is_told(column: Column) -> str:
    """Whether anything stands there. NaN is how tables of numbers say that nothing does."""
    if _FLOATS.fullmatch(column.kind):
        return f"({column.sql} is not null and not isnan(cast({column.sql} as double)))"
    if column.kind == "VARCHAR":
        return f"({text(column)} is not null)"
    if column.kind == "JSON":
        return (
            f"(coalesce(json_type({column.sql}), 'NULL') <> 'NULL' "
            f"and lower({column.sql} ->> '$') not in {MISSING})"
        )
    return f"({column.sql} is not null)"


def count(column: Column) -> str:
    if column.is_number:
        if _FLOATS.fullmatch(column.kind):
            return _whole(f"cast({column.sql} as double)")
        return f"try_cast({column.sql} as bigint)"
    found = text(column)
    # In this order: a large number written out is not to lose its last digits.
    is_plain = f"regexp_full_match(trim({found}), '[+-]?[0-9]+')"
    whole = _whole(f"try_cast({found} as double)")
    return f"case when {is_plain} then try_cast({found} as bigint) else {whole} end"


def beyond(name: str, column: Column, read: str) -> str:
    """A case for what is a whole number and too large to be read as one."""
    found = number(column)
    return (
        f"when {read} is null and abs({found}) >= {2**63} and {found} = floor({found}) "
        f"then {literal(f'{name} is no count')}"
    )


def _whole(number: str) -> str:
    """Of a double, null where it is no whole number: half a download is none."""
    return f"case when {number} = floor({number}) then try_cast({number} as bigint) end"


def number(column: Column) -> str:
    """A finite one."""
    if column.is_number:
        found = f"cast({column.sql} as double)"
    else:
        found = f"try_cast({text(column)} as double)"
    return f"(case when isfinite({found}) then {found} end)"


def flag(column: Column) -> str:
    return f"try_cast({text(column)} as boolean)"


def moment(column: Column, formats: tuple[str, ...] = ()) -> str:
    """UTC without a zone. Numbers are seconds since 1970, or milli- or microseconds if so large."""
    if _TIMES.fullmatch(column.kind):
        # A time with a zone is one without in UTC: that is the session's zone.
        return f"cast({column.sql} as timestamp)"
    if column.is_number:
        return _since_1970(f"cast({column.sql} as double)")
    found = text(column)
    known = ", ".join(map(literal, TIME_FORMATS))
    own = f"try_strptime({found}, [{', '.join(map(literal, formats))}])" if formats else "null"
    return f"""(case
      when regexp_full_match({found}, '\\d{{9,18}}(\\.\\d*)?')
        then {_since_1970(f"try_cast({found} as double)")}
      else cast(coalesce(
        cast({own} as timestamptz),
        case when regexp_matches({found}, '^\\d') then try_cast({found} as timestamptz) end,
        try_strptime({found}, [{known}])
      ) as timestamp) end)"""


def _since_1970(seconds: str) -> str:
    return f"""(case
      when abs({seconds}) < 1e11 then make_timestamp(try_cast({seconds} * 1e6 as bigint))
      when abs({seconds}) < 1e14 then make_timestamp(try_cast({seconds} * 1e3 as bigint))
      when abs({seconds}) < 1e17 then make_timestamp(try_cast({seconds} as bigint)) end)"""


def texts(column: Column) -> str:
    """A list of texts: a list, a JSON array, or texts with commas between."""
    if column.is_list:
        return f"cast({column.sql} as varchar[])"
    if column.is_nested:
        return "cast(null as varchar[])"
    found = text(column)
    split = f"string_split({found}, ',')"
    if column.kind == "JSON":
        array = _array(f"cast({column.sql} as varchar)")
        return f"(case json_type({column.sql}) when 'ARRAY' then {array} else {split} end)"
    return f"(case when {found} like '[%' then {_array(found)} else {split} end)"


def _array(json: str) -> str:
    """Of JSON, or of what Python prints for a list of texts."""
    from_json = """try(from_json(case when json_valid({0}) then {0} end, '["VARCHAR"]'))"""
    with_double_quotes = f"replace({json}, chr(39), chr(34))"
    return f"coalesce({from_json.format(json)}, {from_json.format(with_double_quotes)})"


def inside(column: Column, *path: str) -> str:
    """The text at a path of a column that is a structure or JSON text; null where there is none."""
    return f"json_extract_string({_as_json(column, path[0])}, {_path(*path)})"


def texts_inside(column: Column, *path: str, each: str | None = None) -> str:
    """A text or the list of texts there; with `each` this key of the objects in a list."""
    json = _as_json(column, path[0])
    if each:
        return f"json_extract_string({json}, {_path(*path)[:-1]}[*].{each}')"
    return texts(Column(f"(json_extract({json}, {_path(*path)}))", "JSON"))


def fields(session: Session, rows: str, column: Column) -> dict[str, Column]:
    """What a structure is made of: much faster to read than the same as JSON. Else nothing."""
    if not column.kind.startswith("STRUCT") or column.is_list:
        return {}
    sql = f"describe select unnest({column.sql}) from {rows}"  # noqa: S608
    return {
        row["column_name"]: Column(
            f"{column.sql}.{quoted(row['column_name'])}", row["column_type"].upper()
        )
        for row in session.rows(sql)
    }


def _path(*steps: str) -> str:
    return literal("$" + "".join(f'."{step}"' for step in steps))


def _as_json(column: Column, key: str) -> str:
    """Null for text that is too long to be looked into, is no JSON, or has no such key: to look
    for the word is far cheaper than to parse."""
    if column.kind in ("VARCHAR", "JSON"):
        json = f"cast({column.sql} as varchar)"
        word = literal(f'"{key}"')
        return f"""(case when contains({json}, {word}) and length({json}) < {MAX_JSON}
          and json_valid({json}) then {json} end)"""
    return f"to_json({column.sql})" if column.is_nested else "cast(null as varchar)"


MAX_JSON = 2_000_000
"""Characters of JSON text that is looked into."""
