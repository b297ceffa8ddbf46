"""The people of a room: members, pupils and their join cards, teams, the room's own settings."""

from twinspace_rt.people import handlers, queries
from twinspace_rt.people.messages import (
    AddPupils,
    AssignTeam,
    CardReset,
    ChooseAvatar,
    ChooseLanguage,
    CreateTeam,
    EditRoom,
    LanguageChosen,
    ListVisits,
    MemberChanged,
    MemberJoined,
    MemberRemoved,
    ModeratorCame,
    PeopleSnapshot,
    Remove,
    RemoveTeam,
    Rename,
    RenameTeam,
    ResetCard,
    Restore,
    RoomChanged,
    RosterChanged,
    SetRole,
    SetRoomState,
    TeamChanged,
    TeamRemoved,
    Visits,
)
from twinspace_rt.rooms.access import (
    ADMINS,
    ANY_STATE,
    EVERYONE,
    TEACHERS,
    WRITERS,
    RoomState,
    Rule,
    reading,
)
from twinspace_rt.rooms.feature import Feature

# Who is in it is changed while a room is open or closed; an archived one stays as it was.
KEPT = frozenset({RoomState.OPEN, RoomState.CLOSED})

feature = Feature(
    name="people",
    commands={
        AddPupils: (handlers.handle_add_pupils, Rule(TEACHERS, KEPT)),
        ResetCard: (handlers.handle_reset_card, Rule(TEACHERS, ANY_STATE)),
        Rename: (handlers.handle_rename, Rule(TEACHERS, KEPT)),
        SetRole: (handlers.handle_set_role, Rule(ADMINS, KEPT)),
        # Somebody may have to go, and a room to be opened again, in every state.
        Remove: (handlers.handle_remove, Rule(TEACHERS, ANY_STATE)),
        SetRoomState: (handlers.handle_set_room_state, Rule(ADMINS, ANY_STATE)),
        Restore: (handlers.handle_restore, Rule(TEACHERS, KEPT)),
        CreateTeam: (handlers.handle_create_team, Rule(TEACHERS, KEPT)),
        RenameTeam: (handlers.handle_rename_team, Rule(TEACHERS, KEPT)),
        AssignTeam: (handlers.handle_assign_team, Rule(TEACHERS, KEPT)),
        RemoveTeam: (handlers.handle_remove_team, Rule(TEACHERS, KEPT)),
        EditRoom: (handlers.handle_edit_room, Rule(ADMINS, KEPT)),
        ChooseAvatar: (handlers.handle_choose_avatar, Rule(WRITERS, KEPT)),
        ChooseLanguage: (handlers.handle_choose_language, Rule(EVERYONE, ANY_STATE)),
        ListVisits: (handlers.handle_visits, reading()),
    },
    pushes=(
        MemberJoined,
        MemberChanged,
        MemberRemoved,
        RosterChanged,
        CardReset,
        TeamChanged,
        TeamRemoved,
        RoomChanged,
        LanguageChosen,
        ModeratorCame,
    ),
    snapshot=queries.people_snapshot,
    snapshot_type=PeopleSnapshot,
    on_push={
        MemberChanged: handlers.refresh_member,
        MemberRemoved: handlers.refresh_member,
        LanguageChosen: handlers.refresh_member,
        CardReset: handlers.sign_out_member,
        TeamChanged: handlers.refresh_everyone,
        TeamRemoved: handlers.refresh_everyone,
        RoomChanged: handlers.follow_state,
    },
    replies={ListVisits: Visits},
)
