import type { Plugin, Rolldown } from "vite";

export function early(): Plugin;
export function together(): { plugin: Plugin; groups: Rolldown.CodeSplittingGroup[] };
