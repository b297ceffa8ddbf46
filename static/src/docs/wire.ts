import { HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import type { RoomConnection } from "../connection";

/** What one frame may hold; the server closes the room's line at a larger one (PROTOCOL C5). */
export const FRAME_MAX_BYTES = 10 * 1024 * 1024 + 64 * 1024;

/** A document's message is larger than a frame may be; it was not sent. */
export class TooLarge extends Error {}

/** The stock line, which takes no message that would cut it. */
class BoundedWire extends HocuspocusProviderWebsocket {
  override send(message: Uint8Array): void {
    if (message.byteLength > FRAME_MAX_BYTES) throw new TooLarge();
    super.send(message);
  }
}

const shared = new WeakMap<RoomConnection, HocuspocusProviderWebsocket>();

/** Return the documents' end of a room's connection: one for all documents of the page. */
export function wireOf(connection: RoomConnection): HocuspocusProviderWebsocket {
  let wire = shared.get(connection);
  if (!wire) {
    wire = new BoundedWire({
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
