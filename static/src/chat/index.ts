import { MessageCircle } from "lucide-react";
import { later } from "../room/later";
import type { Tool } from "../room/tool";
import { useNews } from "./news";
import ChatToday from "./today";
import { useUnreadChannels } from "./unread";

export const chat: Tool = {
  name: "chat",
  icon: MessageCircle,
  title: "chat.title",
  isFor: (role) => role !== "visitor",
  View: later(() => import("./view")),
  Dock: later(() => import("./dock")),
  Today: ChatToday,
  useUnread: useUnreadChannels,
  useNews,
};
