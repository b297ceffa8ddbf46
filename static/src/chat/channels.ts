import type { LucideIcon } from "lucide-react";
import { Coffee, Shapes, UsersRound } from "lucide-react";
import { useMemo } from "react";
import { useText } from "../i18n/text";
import { isStaff } from "../room/context";
import { type Member, useDirectory } from "../room/directory";

export const EVERYONE = "everyone";
export const STAFF_ROOM = "staff";

/** Return the picture of a channel. */
export function channelIcon(channelId: string): LucideIcon {
  if (channelId === EVERYONE) return UsersRound;
  return channelId === STAFF_ROOM ? Coffee : Shapes;
}

/** Return the function that names a channel. */
export function useChannelName(): (channelId: string) => string {
  const t = useText();
  const teams = useDirectory((state) => state.teams);
  return (channelId) => {
    if (channelId === EVERYONE) return t("chat.everyone");
    if (channelId === STAFF_ROOM) return t("chat.staff");
    return teams[channelId]?.name ?? t("chat.team");
  };
}

/** Return the function that names a member; whoever is not known any more has left. */
export function useNameOf(): (memberId: string) => string {
  const t = useText();
  const members = useDirectory((state) => state.members);
  return (memberId) => members[memberId]?.name ?? t("chat.someone");
}

/** List those who see a channel, by name: whom one can mention there. */
export function useAudience(channelId: string): readonly Member[] {
  const members = useDirectory((state) => state.members);
  const team = useDirectory((state) => state.teams[channelId]);
  return useMemo(
    () =>
      Object.values(members)
        .filter(({ id, role, removed }) => {
          if (removed || role === "visitor") return false;
          if (channelId === EVERYONE || isStaff(role)) return true;
          return team?.member_ids.includes(id) ?? false;
        })
        .sort((a, b) => a.name.localeCompare(b.name)),
    [members, team, channelId],
  );
}
