import { MessagesSquare } from "lucide-react";
import { later } from "../room/later";
import type { Tool } from "../room/tool";
import { useNews, useUnread } from "./news";

export const forum: Tool = {
  name: "forum",
  icon: MessagesSquare,
  title: "forum.title",
  View: later(() => import("./view")),
  // A class discusses among itself.
  isFor: (role) => role !== "visitor",
  useUnread,
  useNews,
};
