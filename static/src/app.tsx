import { type ComponentType, lazy, Suspense } from "react";
import { RouterProvider } from "react-aria-components";
import { Route, Switch, useLocation } from "wouter";
import { accountRoutes } from "./accounts";
import { Language } from "./i18n/provider";
import { Fence, NotFoundPage } from "./pages/pages";
import Room from "./room/room";
import { RoomSkeleton } from "./room/skeleton";

// Nothing is said before something is done; asked for with the first drawing, it is there by then.
// If it does not come, the page does without rather than not at all.
const Toasts = lazy<ComponentType>(() =>
  import("./ui/toasts").catch(() => ({ default: () => null })),
);

/** Draw the whole application: what the address says. */
export function App() {
  const [, navigate] = useLocation();
  return (
    <Language>
      <RouterProvider navigate={navigate}>
        <Fence>
          <Suspense fallback={<RoomSkeleton />}>
            <Switch>
              <Route path="/rooms/:room/*?">
                <Room />
              </Route>
              {accountRoutes.map(({ path, Page }) => (
                <Route key={path} path={path}>
                  <Page />
                </Route>
              ))}
              <Route>
                <NotFoundPage />
              </Route>
            </Switch>
          </Suspense>
        </Fence>
        <Suspense>
          <Toasts />
        </Suspense>
      </RouterProvider>
    </Language>
  );
}
