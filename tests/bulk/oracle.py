"""The plain parser's answer to what a table says: the same values, looked up in records."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from raslib.records import Bcd, Record, RecordError, Register

if TYPE_CHECKING:
    from raslib.bulk import Table

CASE, TIME = "case", "time"  # forms of columns
Place = Sequence[tuple[str, bool]]


def compare(kind: type[Record], made: Sequence[bytes], table: "Table") -> int:
    """Asserts that *table* says of the records *made* what parsing each of them says; how many values were compared."""
    records, numbers, errors = [], [], []
    for i, data in enumerate(made):
        try:
            records.append(kind.parse(data))
            numbers.append(i)
        except RecordError as e:
            errors.append((i, e.path, e.offset, e.why))
    assert [(e.row, e.path, e.offset, e.why) for e in table.errors] == errors
    assert table.numbers.tolist() == numbers
    assert table.to_bytes() == b"".join(made[i] for i in numbers)
    return same(table, records)


def same(table: "Table", values: Sequence[Any]) -> int:
    assert table.rows == len(values)
    compared, together = 0, table.arrays()
    for place, column in table._columns.items():  # whose places tell the names of records from those of fields
        path = table._by_name[place]
        which = column.form == CASE  # which of several records stands there
        own = column.form == TIME or all(type(value) is int for value in values)
        itself = (which and place == (("kind", False),)) or (own and place == (("value", False),))
        expected = list(values) if itself else [at(value, place) for value in values]
        if which:
            expected = [None if e is None else type(e).__name__ for e in expected]
        found = table.values(path)
        assert found == expected, (path, differing(found, expected))
        numbers(path, table[path].tolist(), expected)
        assert table[path].tobytes() == together[path].tobytes()
        if not itself and not column.bits and column.form != TIME:
            valid = [believed(value, place) for value in values]
            assert table.valid(path).tolist() == valid, (path, differing(table.valid(path).tolist(), valid))
        compared += len(expected)
    for place in table._lists:
        inner = table._list(place)
        lists = [at(value, place) or () for value in values]
        assert inner.parent.tolist() == [i for i, found in enumerate(lists) for _ in found]
        compared += same(inner, [value for found in lists for value in found])
    return compared


def numbers(path: str, found: Sequence[Any], expected: Sequence[Any]) -> None:
    """The numpy column has the same numbers, and zero where there is none."""
    for number, value in zip(found, expected, strict=True):
        if isinstance(value, int | Register) or (value is None and isinstance(number, int)):
            assert number == (value.build() if isinstance(value, Register) else value or 0), path


def at(value: Any, place: Place) -> Any:
    """What stands in a record at a place; None where there is none."""
    for name, of_record in place:
        if of_record:
            value = value if type(value).__name__ == name else None
        elif isinstance(value, tuple) and name in ("offset", "bytes"):
            value = value[name == "bytes"]
        elif value is not None:
            value = getattr(value, name)
    return value


def believed(value: Any, place: Place) -> bool:
    """Whether it is there, and no validation bit on the way says that it does not hold."""
    for name, of_record in place:
        if of_record and type(value).__name__ != name:
            return False
        if isinstance(value, Record) and not of_record:
            field = next(f for f in value.con.fields if f.name == name)
            if field.valid and not getattr(value.validation_bits, field.valid):
                return False
            value = getattr(value, name)
            if value is None or (isinstance(field.subcon, Bcd) and isinstance(value, bytes)):
                return False
    return True


def differing(found: Sequence[Any], expected: Sequence[Any]) -> Any:
    return next((i, a, b) for i, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b)
