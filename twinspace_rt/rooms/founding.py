"""Rows that a room begins with: schools, the room, its members. Plain functions, no events."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select

from twinspace_rt.accounts.models import school
from twinspace_rt.ids import new_id
from twinspace_rt.plain_text import clean_line, fold
from twinspace_rt.rooms.access import Role, RoomState
from twinspace_rt.rooms.avatars import free_avatar
from twinspace_rt.rooms.models import member, room, room_school
from twinspace_rt.streams.log import create_stream

HUES = 7


def create_school(
    connection: Connection, *, name: str, country: str, city: str, time_zone: str, now: int
) -> str:
    """Add a school; the hues of the colour-blind-safe set are given out in turn."""
    school_id = new_id()
    count = connection.execute(select(func.count()).select_from(school)).scalar_one()
    connection.execute(
        insert(school).values(
            id=school_id,
            name=name,
            country=country,
            city=city,
            time_zone=time_zone,
            hue=count % HUES,
            created_at=now,
        )
    )
    return school_id


def create_room(
    connection: Connection,
    *,
    title: str,
    description: str = "",
    school_ids: Sequence[str],
    now: int,
) -> str:
    """Open a room for these schools, with its event stream and nobody in it yet."""
    room_id = new_id()
    connection.execute(
        insert(room).values(
            id=room_id,
            title=title,
            description=description,
            state=RoomState.OPEN.value,
            created_at=now,
        )
    )
    create_stream(connection, room_id, room_id, "room")
    connection.execute(
        insert(room_school), [{"room_id": room_id, "school_id": s} for s in school_ids]
    )
    return room_id


def add_member(
    connection: Connection,
    room_id: str,
    *,
    role: Role,
    name: str,
    school_id: str | None,
    account_id: str | None = None,
    real_name: str = "",
    language: str = "en",
    avatar: tuple[str, int] | None = None,
    now: int,
) -> str:
    """Add a member, with a free avatar. The caller has made sure that the name is free."""
    member_id = new_id()
    creature, tint = avatar or free_avatar(connection, room_id)
    connection.execute(
        insert(member).values(
            id=member_id,
            room_id=room_id,
            account_id=account_id,
            school_id=school_id,
            role=role.value,
            role_version=1,
            name=name,
            name_key=name_key(name),
            real_name=real_name,
            creature=creature,
            tint=tint,
            language=language,
            created_at=now,
        )
    )
    return member_id


def name_key(name: str) -> str:
    """Turn a name into what must be unique in a room: the same however it is written."""
    return fold(clean_line(name))
