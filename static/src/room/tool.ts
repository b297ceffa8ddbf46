import type { LucideIcon } from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import type { ToolName } from "../frames";
import type { TextKey } from "../i18n/keys";

/** Something that happened while the person was away. */
export interface News {
  id: string;
  at: number;
  /** Who did it. */
  memberId: string;
  text: ReactNode;
  href: string;
}

/** Something with unread parts: a channel, a thread. */
export interface Unread {
  id: string;
  title: string;
  count: number;
  /** How many of them mention this person. */
  mentions?: number;
  href: string;
}

/** A tool of the room: what the shell needs to know of a feature. Views come lazily. */
export interface Tool {
  name: ToolName;
  icon: LucideIcon;
  title: TextKey;
  /** Draws everything below `/rooms/<id>/<name>`; its own routes are relative to that. */
  View: ComponentType;
  /** Whether a person of this role finds it among the tools; everyone does when left out. */
  isFor?: (role: string) => boolean;
  /** What the person has not read: marks the tool, and is listed on the room's home. */
  useUnread?: () => readonly Unread[];
  /** What happened after `since` (milliseconds), for the room's home; newest first. */
  useNews?: (since: number) => readonly News[];
  /** What goes on while the room is open, whichever tool is shown. */
  useAlways?: () => void;
  /** What the timetable says about today, for the room's home; draws nothing on a day without. */
  Today?: ComponentType;
  /** What can stand at the right, beside another tool. */
  Dock?: ComponentType;
}
