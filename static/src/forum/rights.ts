import { useCallback } from "react";
import type { Ask, Changed, WriteType } from "../frames";
import { useErrorText } from "../i18n/errors";
import type { Thread } from "../protocol";
import { isStaff, isTeacher, useRoom } from "../room/context";
import { useDirectory } from "../room/directory";
import { useRoomState } from "../room/store";
import { toast } from "../ui/toast";
import { useForum } from "./store";

/** What this person may do in the forum now. The server decides; this is what is offered. */
export interface Rights {
  me: string;
  isStaff: boolean;
  /** Teachers, while the room is open. */
  mayManage: boolean;
  mayStart: boolean;
  mayWrite: boolean;
  /** Moderators keep no marks of what they have read. */
  keepsMarks: boolean;
}

/** Return what this person may do in the forum. */
export function useRights(): Rights {
  const { you } = useRoom();
  const isOpen = useRoomState(({ room }) => room?.state === "open");
  const manages = isTeacher(you.role);
  return {
    me: you.member_id,
    isStaff: isStaff(you.role),
    mayManage: isOpen && manages,
    mayStart: isOpen && (manages || you.role === "pupil-admin"),
    mayWrite: isOpen && you.role !== "moderator",
    keepsMarks: you.role !== "moderator",
  };
}

/** Tell whether this person may write in a thread: it is seen, not locked, its board in use. */
export function useMayWriteIn(thread: Thread): boolean {
  const { mayWrite, mayManage } = useRights();
  const board = useForum(({ boards }) => boards[thread.board_id]);
  return mayWrite && !thread.held && !board?.archived && (mayManage || !thread.locked);
}

/** Return the function that does something in the room, and says so briefly if it cannot be done. */
export function useDo(): <Type extends WriteType>(
  type: Type,
  fields: Ask<Type>,
) => Promise<Changed | null> {
  const { send } = useRoom();
  const errorText = useErrorText();
  return useCallback(
    async (type, fields) => {
      try {
        return (await send(type, fields)) as Changed;
      } catch (reason) {
        toast(errorText(reason));
        return null;
      }
    },
    [send, errorText],
  );
}

/** Return the function that says a member's name. */
export function useNameOf(): (memberId: string) => string {
  const members = useDirectory((state) => state.members);
  return (memberId) => members[memberId]?.name ?? "…";
}
