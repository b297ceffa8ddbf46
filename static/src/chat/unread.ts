import { useEffect, useRef } from "react";
import { isStaff, useRoom } from "../room/context";
import { useDirectory } from "../room/directory";
import type { Unread } from "../room/tool";
import { loadOverview } from "./actions";
import { EVERYONE, STAFF_ROOM, useChannelName } from "./channels";
import { useTurning } from "./hours";
import { useKept } from "./kept";
import { useChat } from "./store";

/**
 * Return the channels with unread messages.
 *
 * It is drawn as long as the room is; so what the chat does in all of the room stands here: the
 * channels follow the teams, the hours the timetable, and what was left unsent is sent.
 */
export function useUnreadChannels(): readonly Unread[] {
  const { href } = useRoom();
  const channelName = useChannelName();
  const channels = useChat((state) => state.channels);
  useTeamsFollowed();
  useKept();
  useTurning();
  return channels
    .filter(({ unread }) => unread > 0)
    .map(({ id, unread, mentions }) => ({
      id,
      title: channelName(id),
      count: unread,
      mentions: mentions.length,
      href: href(`chat/${id}`),
    }));
}

/** Read the channels again when a team comes, goes, or has other members. */
function useTeamsFollowed(): void {
  const wire = useRoom();
  const { you } = wire;
  const teams = useDirectory((state) => state.teams);
  const channels = useChat((state) => state.channels);
  const mine = Object.values(teams)
    .filter(({ member_ids }) => isStaff(you.role) || member_ids.includes(you.member_id))
    .map(({ id }) => id);
  const shown = channels.map(({ id }) => id).filter((id) => id !== EVERYONE && id !== STAFF_ROOM);
  const wanted = mine.sort().join(" ");
  const isSame = wanted === shown.sort().join(" ");
  const asked = useRef<string | null>(null);
  useEffect(() => {
    if (isSame || asked.current === wanted) return;
    asked.current = wanted;
    loadOverview(wire).catch(() => {
      asked.current = null;
    });
  }, [isSame, wanted, wire]);
}
