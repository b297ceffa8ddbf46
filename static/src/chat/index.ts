import { MessageCircle } from "lucide-react";
import { lazy } from "react";
import type { Tool } from "../room/tool";
import { useUnreadChannels } from "./unread";

export const chat: Tool = {
  name: "chat",
  icon: MessageCircle,
  title: "chat.title",
  View: lazy(() => import("./view")),
  Dock: lazy(() => import("./dock")),
  Today: lazy(() => import("./today")),
  useUnread: useUnreadChannels,
};
