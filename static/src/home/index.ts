import { House } from "lucide-react";
import { later } from "../room/later";
import type { Tool } from "../room/tool";
import { useVisit } from "./visit";

export const home: Tool = {
  name: "home",
  icon: House,
  title: "home.title",
  View: later(() => import("./view")),
  useAlways: useVisit,
};
