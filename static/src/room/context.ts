import { createContext, useContext } from "react";
import type { RoomConnection } from "../connection";
import type { Welcome } from "../frames";

export interface RoomContext {
  connection: RoomConnection;
  /** Read something from the server: {@link RoomConnection.ask}. */
  ask: RoomConnection["ask"];
  /** Change something in the room: {@link RoomConnection.send}. */
  send: RoomConnection["send"];
  you: Welcome["you"];
  /** Make the address of a path inside the room, such as `chat/123`. */
  href: (path: string) => string;
}

export const RoomHere = createContext<RoomContext | null>(null);

/** Return the room that this view is in. */
export function useRoom(): RoomContext {
  const room = useContext(RoomHere);
  if (!room) throw new Error("useRoom is for views inside a room");
  return room;
}

const TEACHERS = ["teacher-admin", "teacher"];
const STAFF = [...TEACHERS, "moderator"];

/** Tell whether a role is a teacher's. */
export function isTeacher(role: string): boolean {
  return TEACHERS.includes(role);
}

/** Tell whether a role is a teacher's or a moderator's. */
export function isStaff(role: string): boolean {
  return STAFF.includes(role);
}
