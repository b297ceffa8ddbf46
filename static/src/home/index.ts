import { House } from "lucide-react";
import { lazy } from "react";
import type { Tool } from "../room/tool";

export const home: Tool = {
  name: "home",
  icon: House,
  title: "home.title",
  View: lazy(() => import("./view")),
};
