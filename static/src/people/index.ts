import { Settings, Users } from "lucide-react";
import { lazy } from "react";
import { isTeacher } from "../room/context";
import type { Tool } from "../room/tool";

/** The room's people, and for teachers its settings. */
export const people: readonly Tool[] = [
  {
    name: "people",
    icon: Users,
    title: "people.title",
    View: lazy(() => import("./view")),
  },
  {
    name: "settings",
    icon: Settings,
    title: "people.settings",
    View: lazy(() => import("./settings")),
    isFor: isTeacher,
  },
];
