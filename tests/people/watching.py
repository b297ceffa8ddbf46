"""People who watch a room: what they were told makes the state that they would read afresh."""

from tests.client import RoomClient
from tests.people.conftest import Json, Town


def apply(state: Json, push: Json) -> None:
    """Change a snapshot as a client does."""
    members = {m["id"]: m for m in state["members"]}
    removed = {m["id"]: m for m in state["removed"]}
    teams = {t["id"]: t for t in state["teams"]}
    roster = {e["member_id"]: e for e in state["roster"]}
    match push["type"]:
        case "people.joined" | "people.changed":
            removed.pop(push["member"]["id"], None)
            members[push["member"]["id"]] = push["member"]
        case "people.removed":
            gone = members.pop(push["member_id"])
            removed[gone["id"]] = gone
            for one in teams.values():
                one["member_ids"] = [m for m in one["member_ids"] if m != gone["id"]]
        case "people.team_changed":
            teams[push["team"]["id"]] = push["team"]
        case "people.team_removed":
            del teams[push["team_id"]]
        case "people.roster_changed":
            roster |= {e["member_id"]: e for e in push["entries"]}
        case "people.room_changed":
            state["room"] |= {key: push[key] for key in ("title", "description", "state")}
        case "people.language_chosen":
            state["you"]["language"] = push["language"]
        case "people.moderator_came":
            visit = {"name": push["name"], "came_at": push["at"], "left_at": None}
            state["visits"].insert(0, visit)
        case "people.moderator_left":
            [visit] = [one for one in state["visits"] if one["came_at"] == push["came_at"]]
            visit["left_at"] = push["left_at"]
    you = state["you"]
    if you["member_id"] in members:
        you |= {key: members[you["member_id"]][key] for key in ("name", "role")}
    you["teams"] = sorted(t for t, one in teams.items() if you["member_id"] in one["member_ids"])
    state |= {
        "members": list(members.values()),
        "removed": list(removed.values()),
        "teams": list(teams.values()),
        "roster": list(roster.values()),
    }


def in_order(state: Json) -> Json:
    def key(item: Json) -> str:
        return str(item.get("id") or item["member_id"])

    lists = ("schools", "members", "removed", "teams", "roster")
    return state | {part: sorted(state[part], key=key) for part in lists}


async def held(window: RoomClient) -> Json:
    """Put together what a window that has just come knows of the people and the room."""
    welcome = window.welcome
    visits = (await window.ask("people.visits")).get("ok", {"visits": []})["visits"]
    known = {"room": welcome["room"], "you": welcome["you"], "visits": visits}
    return dict(welcome["features"]["people"] | known)


async def follows(town: Town, watchers: dict[str, RoomClient]) -> None:
    """Check, for each watcher, that what they were told makes what they would read now."""
    for name, window in watchers.items():
        await window.ask("people.visits")  # what was sent before is here now
        state = window.welcome["held"]
        for push in [f for f in window.frames if str(f.get("type", "")).startswith("people.")]:
            window.frames.remove(push)
            apply(state, push)
        fresh = await town.window(name)
        assert in_order(state) == in_order(await held(fresh)), name
        await fresh.socket.close()


async def watch(town: Town, *names: str) -> dict[str, RoomClient]:
    """Open windows for some people, and note what they know at first."""
    windows = {name: await town.window(name) for name in names}
    for window in windows.values():
        window.welcome["held"] = await held(window)
    return windows


def ids(town: Town, *names: str) -> list[str]:
    return [town.room.people[name].member_id for name in names]
