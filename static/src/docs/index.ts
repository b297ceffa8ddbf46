import { FileText } from "lucide-react";
import { later } from "../room/later";
import type { Tool } from "../room/tool";
import { useNews } from "./news";
import { useSending } from "./sending";

export const docs: Tool = {
  name: "docs",
  icon: FileText,
  title: "docs.title",
  isFor: (role) => role !== "visitor",
  View: later(() => import("./view")),
  useNews,
  useAlways: useSending,
};
