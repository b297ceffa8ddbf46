import { chat } from "../chat";
import { docs } from "../docs";
import { forum } from "../forum";
import { home } from "../home";
import { people } from "../people";
import type { Tool, Unread } from "./tool";

/** The tools, in the order in which they stand. */
export const TOOLS: readonly Tool[] = [home, chat, forum, docs, ...people];

/** Return the tools that a person of this role finds. */
export function toolsFor(role: string): readonly Tool[] {
  return TOOLS.filter((tool) => tool.isFor?.(role) ?? true);
}

const NOTHING: readonly Unread[] = [];

/** Return a tool's unread things. */
export function useUnreadOf(tool: Tool): readonly Unread[] {
  // biome-ignore lint/correctness/useHookAtTopLevel: a tool has the hook or has it not, for good
  return tool.useUnread ? tool.useUnread() : NOTHING;
}
