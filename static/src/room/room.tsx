import { type ReactNode, Suspense, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { Route, Router, Switch, useLocation, useParams } from "wouter";
import { api } from "../api";
import { RoomConnection, type StopReason, useConnection } from "../connection";
import { dispatch, load } from "../dispatch";
import { sayFarewell } from "../farewell";
import { followPerson, onChoice } from "../i18n/language";
import { useText } from "../i18n/text";
import { Fence, NotFound, Stopped } from "../pages/pages";
import { Refused } from "../refused";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { useFocusKept } from "../ui/focus";
import { age, SkeletonList } from "../ui/marks";
import { PHONE, useMedia } from "../ui/media";
import { useTitle } from "../ui/page";
import { RoomHere, useRoom } from "./context";
import { useDirectory, useMember } from "./directory";
import { Dock } from "./dock";
import { Head } from "./head";
import { loadTheRest } from "./later";
import { BottomBar, Rail } from "./rail";
import style from "./room.module.css";
import { useSavedSign } from "./saved";
import { RoomSkeleton } from "./skeleton";
import { clear, follow, pathOf, placeOf, useRoomState } from "./store";
import type { Tool } from "./tool";
import { TOOLS, toolsFor } from "./tools";

/** Find out why the upgrade was refused: nobody is signed in, or not for this room. */
async function whyRefused(roomId: string): Promise<StopReason | null> {
  try {
    const me = await api.get<{ rooms: { id: string; role: string }[] }>("/api/me");
    const room = me.rooms.find((one) => one.id === roomId);
    if (room?.role === "moderator") {
      // A moderator enters by saying so.
      location.replace(`/visit/${roomId}?next=${encodeURIComponent(location.pathname)}`);
    }
    return room ? null : "forbidden";
  } catch (reason) {
    return reason instanceof Refused && !reason.retryable && reason.code !== "internal"
      ? "signed_out"
      : null;
  }
}

/** After these another person may come to this page. */
const LEAVING: readonly (StopReason | null)[] = ["signed_out", "removed", "forbidden"];

function useRoomConnection(roomId: string): RoomConnection {
  const connection = useMemo(
    () =>
      new RoomConnection(roomId, {
        welcome(welcome) {
          load(welcome);
          followPerson(welcome.you.language);
        },
        push: dispatch,
        refused: () => whyRefused(roomId),
      }),
    [roomId],
  );
  // Before anything is painted: a welcome that is there already needs no skeleton.
  useLayoutEffect(() => {
    const endChoices = onChoice((language) =>
      connection.send("people.choose_language", { language }),
    );
    connection.onStop(() => {
      if (LEAVING.includes(useConnection.getState().reason)) sayFarewell();
    });
    connection.start(); // which may bring the welcome at once, and a language with it
    return () => {
      connection.stop();
      endChoices();
      clear();
    };
  }, [connection]);
  return connection;
}

/** Show a room: what all of its addresses lead to. */
export default function Room() {
  const { room: roomId = "" } = useParams<{ room: string }>();
  return <OneRoom key={roomId} roomId={roomId} />;
}

function OneRoom({ roomId }: { roomId: string }) {
  const connection = useRoomConnection(roomId);
  const { status, reason } = useConnection();
  const you = useRoomState((state) => state.you);
  const here = useMemo(
    () =>
      you && {
        connection,
        ask: connection.ask.bind(connection),
        send: connection.send.bind(connection),
        you,
        href: (path: string) => `/rooms/${roomId}/${path}`,
      },
    [connection, roomId, you],
  );
  if (status === "stopped" && reason) return <Stopped reason={reason} />;
  if (!here) return <RoomSkeleton />;
  return (
    <RoomHere value={here}>
      <Router base={`/rooms/${roomId}`}>
        <Shell />
      </Router>
    </RoomHere>
  );
}

function Shell() {
  const t = useText();
  const { you } = useRoom();
  const tools = toolsFor(you.role);
  const [path] = useLocation();
  const place = placeOf(path);
  const isPhone = useMedia(PHONE);
  const main = useRef<HTMLElement>(null);
  usePlace();
  useFollowing();
  useFocusKept(main);
  useTheRest();
  for (const tool of TOOLS) {
    // biome-ignore lint/correctness/useHookAtTopLevel: a tool has the hook or has it not, for good
    tool.useAlways?.();
  }

  // Going to another tool is going to another page: the focus goes along, but not at the start.
  const lastTool = useRef(place.tool);
  useEffect(() => {
    if (lastTool.current !== place.tool) main.current?.focus();
    lastTool.current = place.tool;
  }, [place.tool]);

  return (
    <div className={style.shell}>
      <a href="#main" className={style.skip}>
        {t("pages.skip")}
      </a>
      {!isPhone && <Rail tools={tools} current={place.tool} />}
      <Head place={place} />
      <div className={style.lines}>
        <Lines />
      </div>
      <div className={style.work}>
        <main id="main" ref={main} tabIndex={-1} className={style.main}>
          <Switch>
            {tools.map((tool) => (
              <Route
                key={tool.name}
                path={tool.name === "home" ? "/" : `/${tool.name}`}
                // A nest at "/" would take every address of the room.
                nest={tool.name !== "home"}
              >
                <Fence>
                  {/* A tool that is still being fetched takes nothing else of the room away. */}
                  <Suspense fallback={<ToolSkeleton />}>
                    <ToolView tool={tool} />
                  </Suspense>
                </Fence>
              </Route>
            ))}
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </main>
        <Dock place={place} />
      </div>
      {isPhone && <BottomBar tools={tools} current={place.tool} />}
    </div>
  );
}

function ToolSkeleton() {
  return (
    <div className={style.skeleton}>
      <SkeletonList rows={6} />
    </div>
  );
}

function ToolView({ tool: { View, title } }: { tool: Tool }): ReactNode {
  const t = useText();
  useTitle(t(title), "outer");
  return <View />;
}

/** How long what is being looked at has the line for itself, before the other tools come. */
const REST_AFTER_MS = 5_000;

/** Have the other tools here before the line is cut. */
function useTheRest(): void {
  useEffect(() => {
    const timer = setTimeout(loadTheRest, REST_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
}

/** Tell the room where this person is. */
function usePlace(): void {
  const { ask } = useRoom();
  const [path] = useLocation();
  const status = useConnection((state) => state.status);
  const { tool, target } = placeOf(path);
  useEffect(() => {
    // A new connection is at home until it says otherwise.
    if (status !== "open") return;
    ask("room.place", { place: target ? { tool, target } : { tool } }).catch(() => {
      // Where somebody is passes; the next move says it again.
    });
  }, [ask, status, tool, target]);
}

/** Go where the followed person goes; going elsewhere oneself ends it. */
function useFollowing(): void {
  const following = useRoomState((state) => state.following);
  const there = useRoomState((state) => (following ? state.present[following] : undefined));
  const [path, navigate] = useLocation();
  const led = useRef<string | null>(null);
  const target = there && `/${pathOf(there)}`;
  useEffect(() => {
    if (!following) led.current = null;
    else if (!target)
      follow(null); // they have left
    else if (led.current !== target) {
      led.current = target;
      navigate(target);
    }
  }, [following, target, navigate]);
  useEffect(() => {
    if (led.current && !path.startsWith(led.current)) follow(null);
  }, [path]);
}

function Lines() {
  const t = useText();
  const isWaiting = useConnection(({ status }) => status === "waiting");
  const state = useRoomState(({ room }) => room?.state);
  const following = useRoomState((room) => room.following);
  const sign = useSavedSign();
  return (
    <>
      {isWaiting && !sign && <AwayLine />}
      {sign && (sign.state === "late" || sign.state === "offline") && (
        <div className={style.phoneLine} aria-hidden>
          {t(`ui.saved.${sign.state}`, age(sign.seconds))}
        </div>
      )}
      {(state === "closed" || state === "archived") && <Banner isEdge>{t(`room.${state}`)}</Banner>}
      <ModeratorLine />
      {following && <FollowingLine id={following} />}
    </>
  );
}

function AwayLine() {
  const t = useText();
  return (
    <Banner tone="wait" isEdge>
      {t(navigator.onLine ? "pages.away" : "pages.offline")}
    </Banner>
  );
}

/** Tell everyone that support staff are looking in. */
function ModeratorLine() {
  const t = useText();
  const { you } = useRoom();
  const present = useRoomState((state) => state.present);
  const members = useDirectory((state) => state.members);
  const names = Object.keys(present)
    .filter((id) => id !== you.member_id && members[id]?.role === "moderator")
    .map((id) => members[id]?.name);
  if (names.length === 0) return null;
  return <Banner isEdge>{t("room.moderator_here", { name: names.join(", ") })}</Banner>;
}

function FollowingLine({ id }: { id: string }) {
  const t = useText();
  const member = useMember(id);
  return (
    <Banner
      isEdge
      action={<Button onPress={() => follow(null)}>{t("room.following.stop")}</Button>}
    >
      {t("room.following", { name: member?.name ?? "…" })}
    </Banner>
  );
}
