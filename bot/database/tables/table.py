"""What all tables share: the metadata, ids, times and JSON."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

# SQLite counts up only in a column declared INTEGER, which holds 64 bits there.
Id = BigInteger().with_variant(Integer, "sqlite")

# A number is given once, also where its row is gone: buttons, addresses and the audit log name it for longer.
NUMBERED: Final = {"sqlite_autoincrement": True}


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC.  SQLite has no time zones, so there it is kept bare and read back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time {value.isoformat()} has no time zone; only aware times are stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """What all tables share: predictable names for keys and indexes, so that a migration can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's protocol
        datetime: UtcTime(), dict[str, Any]: JSON(), list[dict[str, Any]]: JSON(), list[int]: JSON(), list[str]: JSON(),
    }  # fmt: skip
