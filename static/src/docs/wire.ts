import { HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import type { RoomConnection } from "../connection";

const shared = new WeakMap<RoomConnection, HocuspocusProviderWebsocket>();

/** Return the documents' end of a room's connection: one for all documents of the page. */
export function wireOf(connection: RoomConnection): HocuspocusProviderWebsocket {
  let wire = shared.get(connection);
  if (!wire) {
    wire = new HocuspocusProviderWebsocket({
      url: "room:",
      WebSocketPolyfill: connection.DocumentSocket,
      // The room's connection keeps the pace of coming back; here it is only noticed.
      delay: 100,
      minDelay: 100,
      maxDelay: 1_000,
    });
    const made = wire;
    connection.onStop(() => made.destroy());
    shared.set(connection, wire);
  }
  return wire;
}
