import { useEffect, useRef } from "react";
import { Route, Switch, useLocation } from "wouter";
import { NotFound } from "../pages/pages";
import { BoardView } from "./board";
import { BoardsView } from "./boards";
import { HeldView } from "./held";
import { SearchView } from "./search";
import { StartView } from "./start";
import { useForum } from "./store";
import { ThreadView } from "./thread";

/** Put the focus on the work when what had it is gone: a page left, a post approved or removed. */
function useFocusKept(): void {
  const last = useRef<EventTarget | null>(null);
  useLocation();
  useForum();

  useEffect(() => {
    const note = (event: FocusEvent) => {
      last.current = event.target;
    };
    document.addEventListener("focusin", note);
    return () => document.removeEventListener("focusin", note);
  }, []);

  // After every draw: going to another page and every event of the forum may take something away.
  useEffect(() => {
    // A closing dialog gives the focus back by itself, before this frame.
    const frame = requestAnimationFrame(() => {
      const { current } = last;
      if (document.activeElement !== document.body || !(current instanceof Element)) return;
      if (!current.isConnected) document.getElementById("main")?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  });
}

/** Show the forum: what all its addresses lead to. */
export default function ForumView() {
  useFocusKept();
  return (
    <Switch>
      <Route path="/">
        <BoardsView />
      </Route>
      <Route path="/search">
        <SearchView />
      </Route>
      <Route path="/waiting">
        <HeldView />
      </Route>
      <Route path="/boards/:board">{({ board }) => <BoardView key={board} id={board} />}</Route>
      <Route path="/boards/:board/new">{({ board }) => <StartView key={board} id={board} />}</Route>
      <Route path="/threads/:thread/:post?">
        {({ thread, post }) => <ThreadView key={thread} id={thread} postId={post ?? null} />}
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
