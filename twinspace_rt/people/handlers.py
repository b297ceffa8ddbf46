"""Takes the frames of the people feature to their actions."""

import asyncio
from typing import Any

from twinspace_rt.accounts.cards import new_words
from twinspace_rt.accounts.passwords import hash_secret
from twinspace_rt.errors import CloseCode
from twinspace_rt.people import actions, messages, queries, team_actions
from twinspace_rt.people.actions import Words
from twinspace_rt.people.messages import LINES_MAX, Visits
from twinspace_rt.people.roster import lines_of
from twinspace_rt.rooms.access import RoomState
from twinspace_rt.rooms.feature import Call, Changed
from twinspace_rt.rooms.room import Room


async def handle_add_pupils(call: Call, command: messages.AddPupils) -> Changed:
    """Make pupils from a list; the reply carries their cards, once.

    A repeat is told whose cards are lost, and again what is wrong with the other lines.
    """
    call.pace("people.add_pupils", rate=1 / 10, burst=5)
    count = min(len(lines_of(command.roster)), LINES_MAX)
    words = await asyncio.gather(*(_new_words(command.language) for _ in range(count)))
    return await call.act(
        command,
        lambda act: actions.do_add_pupils(act, command, words),
        again=lambda db, event: queries.read_added(db, call.principal, command, event),
    )


async def handle_reset_card(call: Call, command: messages.ResetCard) -> Changed:
    """Give a pupil a new card; the reply carries it, once."""
    words = await _words_for(call, command.member_id)
    return await call.act(command, lambda act: actions.do_reset_card(act, command, words))


async def handle_restore(call: Call, command: messages.Restore) -> Changed:
    """Bring somebody back; the reply carries a pupil's new card, once."""
    words = await _words_for(call, command.member_id)
    return await call.act(command, lambda act: actions.do_restore(act, command, words))


async def _words_for(call: Call, member_id: str) -> Words:
    call.pace("people.cards", rate=1, burst=30)
    row = await call.read(lambda db: queries.read_member(db, call.principal.room_id, member_id))
    return await _new_words(row.language if row else call.principal.language)


async def _new_words(language: str) -> Words:
    plain = new_words(language)
    return Words(plain, await hash_secret(plain))


async def handle_rename(call: Call, command: messages.Rename) -> Changed:
    """Change somebody's name."""
    return await call.act(command, lambda act: actions.do_rename(act, command))


async def handle_set_role(call: Call, command: messages.SetRole) -> Changed:
    """Trust somebody with more or less."""
    return await call.act(command, lambda act: actions.do_set_role(act, command))


async def handle_remove(call: Call, command: messages.Remove) -> Changed:
    """Take somebody out of the room."""
    return await call.act(command, lambda act: actions.do_remove(act, command))


async def handle_choose_avatar(call: Call, command: messages.ChooseAvatar) -> Changed:
    """Choose my picture."""
    return await call.act(command, lambda act: actions.do_choose_avatar(act, command))


async def handle_choose_language(call: Call, command: messages.ChooseLanguage) -> Changed:
    """Choose my language."""
    return await call.act(command, lambda act: actions.do_choose_language(act, command))


async def handle_create_team(call: Call, command: messages.CreateTeam) -> Changed:
    """Make a team; the reply carries its id."""
    return await call.act(command, lambda act: team_actions.do_create_team(act, command))


async def handle_rename_team(call: Call, command: messages.RenameTeam) -> Changed:
    """Rename a team."""
    return await call.act(command, lambda act: team_actions.do_rename_team(act, command))


async def handle_assign_team(call: Call, command: messages.AssignTeam) -> Changed:
    """Say who is in a team."""
    return await call.act(command, lambda act: team_actions.do_assign_team(act, command))


async def handle_remove_team(call: Call, command: messages.RemoveTeam) -> Changed:
    """Dissolve a team."""
    return await call.act(command, lambda act: team_actions.do_remove_team(act, command))


async def handle_edit_room(call: Call, command: messages.EditRoom) -> Changed:
    """Give the room another title and description."""
    return await call.act(command, lambda act: team_actions.do_edit_room(act, command))


async def handle_set_room_state(call: Call, command: messages.SetRoomState) -> Changed:
    """Open, close or archive the room."""
    return await call.act(command, lambda act: team_actions.do_set_room_state(act, command))


async def handle_visits(call: Call, command: messages.ListVisits) -> Visits:
    """List which moderators were here."""
    return await call.read(lambda db: queries.read_visits(db, call.principal.room_id))


# What follows an event, on every node.


def refresh_member(room: Room, push: Any) -> None:
    """Have a person's connections follow a new role, name or language."""
    member_id = getattr(push, "member_id", None) or push.member.id
    room.follow(room.refresh([member_id]))


def show_removed(room: Room, push: messages.MemberRemoved) -> None:
    """Close the removed one's windows before the next event goes out."""
    room.close_where(
        lambda principal: principal.member_id == push.member_id, CloseCode.REMOVED, "removed"
    )


def follow_team(room: Room, push: messages.TeamChanged) -> None:
    """Have all connections follow; the next event may be for this team alone."""
    room.set_team(push.team.id, push.team.member_ids)
    refresh_everyone(room, push)


def refresh_everyone(room: Room, push: Any) -> None:
    """Have all connections follow: who left a team is in no event."""
    room.follow(room.refresh(sorted({c.principal.member_id for c in room.connections})))


def sign_out_member(room: Room, push: messages.CardReset) -> None:
    """Close what was opened with the old card."""
    room.close_where(
        lambda principal: principal.member_id == push.member_id, CloseCode.SIGNED_OUT, "signed_out"
    )


def show_out(room: Room, push: messages.ModeratorLeft) -> None:
    """Close the windows of a moderator's visit.

    Entering again is a visit of its own, whose windows may be here before this is told.
    """
    room.close_where(
        lambda p: p.member_id == push.member_id and p.visiting_since == push.came_at,
        CloseCode.FORBIDDEN,
        "left",
    )


def follow_state(room: Room, push: messages.RoomChanged) -> None:
    """From now on commands and documents are judged by the room's new state."""
    room.set_state(RoomState(push.state))
