import type { ComponentType } from "react";

/** The pages outside of rooms: their address, and what is drawn there (lazily). */
export const accountRoutes: readonly { path: string; Page: ComponentType }[] = [];
