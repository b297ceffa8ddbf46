import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { useConnection } from "../connection";
import { useRoom } from "../room/context";

/** Saying it more often than this would tell the server nothing. */
const AGAIN_MS = 60_000;
/** Who reads on one page is here as well; the server takes half an hour for the end of a visit. */
const STILL_HERE_MS = 10 * 60_000;

/** Have the server know that this person is here, so that it can tell what is new next time. */
export function useVisit(): void {
  const { send, you } = useRoom();
  const [path] = useLocation();
  const isOpen = useConnection(({ status }) => status === "open");
  const saidAt = useRef(0);
  const say = useRef(() => {});
  say.current = () => {
    // What waits for the line would be said when it is back, and nobody may be here by then.
    if (!isOpen || you.role === "visitor" || Date.now() - saidAt.current < AGAIN_MS) return;
    saidAt.current = Date.now();
    send("home.visit", {}).catch(() => {
      // The next thing that they do says it again.
    });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever goes to a place is here
  useEffect(() => {
    if (document.visibilityState === "visible") say.current();
  }, [path, isOpen]);
  useEffect(() => {
    const onTurn = () => say.current(); // also when they leave: until now they were here
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") say.current();
    }, STILL_HERE_MS);
    document.addEventListener("visibilitychange", onTurn);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onTurn);
    };
  }, []);
}
