// Stock providers in Node, and what the drivers share: connections, randomness, reporting.
// A driver gets its configuration as JSON in its first argument, and writes one JSON line for each
// thing it has to tell. Times are nanoseconds of CLOCK_MONOTONIC, the clock of the whole machine.
import { HocuspocusProvider } from "@hocuspocus/provider";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

export const config = JSON.parse(process.argv[2]);
export const now = () => Number(process.hrtime.bigint());
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let state = config.seed;
export function below(bound) {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return (state >> 8) % bound;
}

export function tell(fact) {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
}

// Waits for a condition; who waits in vain says what it was, and how things stand.
export async function until(what, condition, standing = () => "") {
  const end = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what} ${JSON.stringify(standing())}`);
    await pause(5);
  }
}

export function socketAs(cookie) {
  return class extends WebSocket {
    constructor(url, protocols) {
      const headers = { Cookie: cookie, Origin: config.origin };
      super(url, protocols, { headers, perMessageDeflate: false });
      // Closing a socket that is still connecting emits an error to whoever listens, or throws.
      this.on("error", () => {});
    }
  };
}

// A copy of a document with its provider. `edits` are the local updates, in order.
export class Copy {
  constructor(name, { member, kind, document, awareness = true }) {
    Object.assign(this, { name, kind, edits: 0, signals: 0, refused: 0, cuts: 0 });
    this.doc = new Y.Doc();
    this.doc.on("update", (update, origin) => {
      if (origin === this.provider) return;
      this.edits += 1;
      tell({ edit: name, update: Buffer.from(update).toString("base64") });
    });
    const WebSocketPolyfill = socketAs(config.cookies[member]);
    const address = `${document}.1`;
    if (kind === "hocuspocus") this.#connectHocuspocus(address, WebSocketPolyfill, awareness);
    else this.#connectYWebsocket(address, WebSocketPolyfill);
  }

  #connectHocuspocus(name, WebSocketPolyfill, awareness) {
    this.provider = new HocuspocusProvider({
      url: `${config.ws}/ws/rooms/${config.room}`,
      name,
      document: this.doc,
      WebSocketPolyfill,
      delay: 50,
      minDelay: 20,
      maxDelay: 200,
      ...(awareness ? {} : { awareness: null }),
      onStateless: ({ payload }) => {
        if (JSON.parse(payload).type === "refused") this.refused += 1;
      },
      onAuthenticationFailed: ({ reason }) => {
        throw new Error(`denied: ${reason}`);
      },
      onUnsyncedChanges: ({ number }) => {
        if (number > 0 || !this.provider?.synced) return;
        this.signals += 1;
        tell({ saved: this.name, at: now(), edits: this.edits });
      },
    });
    this.line = this.provider.configuration.websocketProvider;
  }

  #connectYWebsocket(name, WebSocketPolyfill) {
    this.provider = new WebsocketProvider(`${config.ws}/ws/yjs`, name, this.doc, {
      WebSocketPolyfill,
      disableBc: true,
      maxBackoffTime: 200,
    });
  }

  get connected() {
    return this.kind === "hocuspocus"
      ? this.line.status === "connected"
      : this.provider.wsconnected;
  }

  // Cuts the line as a lost network does; the provider comes back by itself.
  cut() {
    const socket = this.kind === "hocuspocus" ? this.line.webSocket : this.provider.ws;
    if (!this.connected || socket?.readyState !== WebSocket.OPEN) return;
    this.cuts += 1;
    socket.terminate();
  }

  // Goes offline; connect() is heard only once the socket has closed.
  async goOffline() {
    this.cuts += 1;
    if (this.kind === "hocuspocus") {
      this.line.disconnect();
      await until("offline", () => this.line.status === "disconnected");
    } else {
      this.provider.disconnect();
      await until("offline", () => !this.provider.wsconnected && !this.provider.wsconnecting);
    }
  }

  goOnline() {
    (this.kind === "hocuspocus" ? this.line : this.provider).connect();
  }

  get allSaved() {
    return this.kind !== "hocuspocus" || (this.provider.synced && !this.provider.unsyncedChanges);
  }

  get pending() {
    return this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null;
  }

  get facts() {
    const { name, kind, edits, signals, refused, cuts, connected, pending } = this;
    const { synced, unsyncedChanges } = this.provider;
    return { name, kind, edits, signals, refused, cuts, connected, pending, synced, unsyncedChanges };
  }

  destroy() {
    this.provider.destroy();
  }
}

export const same = (a, b) => Y.equalSnapshots(Y.snapshot(a.doc), Y.snapshot(b.doc));

export function finish(last) {
  process.stdout.write(`${JSON.stringify({ end: last })}\n`, () => process.exit(0));
}
