import { Users } from "lucide-react";
import { lazy } from "react";
import type { Tool } from "../room/tool";

/** The room's people, and for teachers its settings. */
export const people: readonly Tool[] = [
  {
    name: "people",
    icon: Users,
    title: "people.title",
    View: lazy(() => import("./view")),
  },
];
