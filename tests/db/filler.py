"""Fills whatever tables a database has, from what the database itself says of them."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""The rows of each table, in an order of their own that is always the same."""


def fill(connection: Connection) -> None:
    """Put rows into every table that has none.

    They have all columns that may be left out, or none, or one alone, or all but one; those that
    a rule of the table forbids are passed over. Text has letters beyond ASCII, and what may be a
    large number is one.

    Raises:
        AssertionError: A column of such a table has a value in no row.
    """
    numbers = itertools.count(11)
    for table in _tables(connection):
        if connection.execute(select(table)).first() is not None:
            continue
        for columns in _choices(table):
            row = {c.name: _value(connection, c, next(numbers)) for c in columns}
            try:
                with connection.begin_nested():
                    connection.execute(insert(table).values(row))
            except IntegrityError:
                continue
        for column in table.columns:
            filled = select(column).where(column.is_not(None))
            assert connection.execute(filled).first() is not None, f"{column} has no value"


def read(connection: Connection, known: Rows | None = None) -> Rows:
    """Read every table, or those tables and columns that were read before."""
    rows = {}
    for table in _tables(connection):
        if known is not None and table.name not in known:
            continue
        names = known[table.name][0].keys() if known else table.columns.keys()
        found = connection.execute(select(*(table.columns[name] for name in names)))
        rows[table.name] = sorted((dict(row) for row in found.mappings()), key=repr)
    return rows


def _tables(connection: Connection) -> Sequence[Table]:
    """List the tables there are, each after those it refers to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _choices(table: Table) -> Iterator[list[Column[Any]]]:
    optional = [c for c in table.columns if c.nullable or c.server_default is not None]
    left_out: list[list[Column[Any]]] = [[], [], optional]
    for column in optional:
        left_out += [[column], [c for c in optional if c is not column]]
    for without in left_out:
        yield [c for c in table.columns if c not in without]


def _value(connection: Connection, column: Column[Any], number: int) -> Any:
    for key in column.foreign_keys:
        there = connection.execute(select(key.column).order_by(key.column)).scalars().all()
        return there[number % len(there)] if there else None
    match column.type:
        case Boolean():
            return number % 2 == 0
        case BigInteger():
            return 2**40 + number
        case Integer():
            return number
        case LargeBinary():
            return b"\x00\xff" + str(number).encode()
        case String(length=length):
            text = f"å☃{number}"
            return text if length is None else text[-length:]
    raise AssertionError(f"nothing to put into {column!r}")
