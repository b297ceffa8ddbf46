import { useEffect } from "react";
import { useLocation } from "wouter";
import { type RoomConnection, useConnection } from "../connection";
import { useRoom } from "../room/context";
import { placeOf } from "../room/store";
import { unsentCopies } from "./local";
import { useDocs } from "./store";

/**
 * Send what was written without a line in documents that are not on the screen now.
 *
 * The page of a document sends its own. Whoever leaves it offline, or closes the tab, was told
 * that the words are sent later, and may never open that document again.
 */
export function useSending(): void {
  const { connection, you } = useRoom();
  const [path] = useLocation();
  const isOpen = useConnection(({ status }) => status === "open");
  const { target } = placeOf(path);
  useEffect(() => {
    if (!isOpen) return;
    // On one line a document is open once: ended before a page opens, begun after it has closed.
    const ends = unsentCopies(you.member_id)
      .filter(({ documentId, epoch }) => {
        // In another epoch it would be refused; its page offers those words.
        return documentId !== target && useDocs.getState().documents[documentId]?.epoch === epoch;
      })
      .map(({ documentId, epoch }) => send(connection, you.member_id, documentId, epoch));
    return () => {
      for (const end of ends) end();
    };
  }, [connection, you.member_id, isOpen, target]);
}

/** Keep a document open until the server has all of it; returns how to end that before. */
function send(
  connection: RoomConnection,
  memberId: string,
  documentId: string,
  epoch: number,
): () => void {
  let isOver = false;
  let close = () => {};
  const end = () => {
    isOver = true;
    close();
  };
  import("./live")
    .then(({ LiveDocument }) => {
      if (isOver) return;
      const live = new LiveDocument(connection, memberId, documentId, epoch);
      live.awareness.setLocalState(null); // nobody is looking at it
      close = () => live.close();
      live.state.subscribe(({ unsaved, refused, isDenied, movedTo }) => {
        if (!isOver && (unsaved === false || refused || isDenied || movedTo !== null)) end();
      });
    })
    .catch(() => undefined); // the line is gone again; it is tried when it is back
  return end;
}
