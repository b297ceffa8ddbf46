import { type ComponentType, lazy } from "react";

/** The pages outside of rooms: their address, and what is drawn there (lazily). */
export const accountRoutes: readonly { path: string; Page: ComponentType }[] = [
  { path: "/", Page: lazy(() => import("./my_rooms")) },
  { path: "/sign-in", Page: lazy(() => import("./sign_in")) },
  { path: "/join", Page: lazy(() => import("./join")) },
  { path: "/link", Page: lazy(() => import("./link")) },
  { path: "/new", Page: lazy(() => import("./new_room")) },
  { path: "/visit/:room", Page: lazy(() => import("./visit")) },
  { path: "/account", Page: lazy(() => import("./account")) },
  { path: "/administration/:part?", Page: lazy(() => import("./administration")) },
];
