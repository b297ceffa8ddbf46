import { lazy, Suspense } from "react";
import { RouterProvider } from "react-aria-components";
import { Route, Switch, useLocation } from "wouter";
import { accountRoutes } from "./accounts";
import { Language } from "./i18n/provider";
import { Fence, NotFoundPage } from "./pages/pages";
import { RoomSkeleton } from "./room/skeleton";
import { Toasts } from "./ui/toast";

const Room = lazy(() => import("./room/room"));

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
        <Toasts />
      </RouterProvider>
    </Language>
  );
}
