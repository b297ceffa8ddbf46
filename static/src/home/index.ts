import { House } from "lucide-react";
import type { Tool } from "../room/tool";
import HomeView from "./view";
import { useVisit } from "./visit";

export const home: Tool = {
  name: "home",
  icon: House,
  title: "home.title",
  View: HomeView,
  useAlways: useVisit,
};
