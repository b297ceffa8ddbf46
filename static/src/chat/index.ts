import { MessageCircle } from "lucide-react";
import { lazy } from "react";
import type { Tool } from "../room/tool";

export const chat: Tool = {
  name: "chat",
  icon: MessageCircle,
  title: "chat.title",
  View: lazy(() => import("./view")),
};
