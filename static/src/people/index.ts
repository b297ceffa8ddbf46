import { Settings, Users } from "lucide-react";
import { isTeacher } from "../room/context";
import { later } from "../room/later";
import type { Tool } from "../room/tool";

/** The room's people, and for teachers its settings. */
export const people: readonly Tool[] = [
  {
    name: "people",
    icon: Users,
    title: "people.title",
    View: later(() => import("./view")),
  },
  {
    name: "settings",
    icon: Settings,
    title: "people.settings",
    View: later(() => import("./settings")),
    isFor: isTeacher,
  },
];
