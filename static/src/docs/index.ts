import { FileText } from "lucide-react";
import { lazy } from "react";
import type { Tool } from "../room/tool";
import { useNews } from "./news";

export const docs: Tool = {
  name: "docs",
  icon: FileText,
  title: "docs.title",
  View: lazy(() => import("./view")),
  useNews,
};
