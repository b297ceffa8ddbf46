// What a provider's queue holds of an earlier connection must not count for the next one.
// config: document, scene.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import * as Y from "yjs";
import { config, finish, pause, socketAs, until } from "./stock.mjs";

const PONG = 10;
const line = new HocuspocusProviderWebsocket({
  url: `${config.ws}/ws/rooms/${config.room}`,
  WebSocketPolyfill: socketAs(config.cookies[0]),
  delay: 50,
  minDelay: 20,
  maxDelay: 200,
});

// A provider that tells how many acknowledgements came which it had not counted.
function open(doc) {
  const provider = new HocuspocusProvider({
    websocketProvider: line,
    name: `${config.document}.1`,
    document: doc,
    flushDelay: config.scene === "gathered" && 300,
  });
  provider.unowed = 0;
  const decrement = provider.decrementUnsyncedChanges;
  provider.decrementUnsyncedChanges = function () {
    if (this.unsyncedChanges === 0) this.unowed += 1;
    decrement.call(this);
  };
  provider.attach();
  return provider;
}

const saved = (provider) => provider.synced && provider.unsyncedChanges === 0;
const text = (doc) => doc.getText("t");
async function goOffline() {
  line.disconnect();
  await until("offline", () => line.status === "disconnected");
}

const doc = new Y.Doc();
let provider = open(doc);
text(doc).insert(0, "x".repeat(100));
await until("saved", () => saved(provider));
const copy = new Y.Doc();
let expected = "x".repeat(100);

if (config.scene === "closing") {
  // Goes offline just after the socket has opened: the server's Ping reaches one that is closing,
  // and the answer waits for the next socket.
  const hasPong = () => line.messageQueue.some((one) => one.length === 1 && one[0] === PONG);
  await goOffline();
  for (let tries = 0; !hasPong(); tries++) {
    if (tries === 100) throw new Error("no Pong was left in the queue");
    const opened = new Promise((resolve) => {
      const leave = () => {
        line.off("open", leave);
        setImmediate(resolve);
      };
      line.on("open", leave);
    });
    line.connect();
    await opened;
    await goOffline();
  }
  for (let i = 0; i < 30; i++) text(doc).delete(0, 1);
  expected = "x".repeat(70);
} else if (config.scene === "farewell") {
  // Typed offline, closed and opened again with nothing kept.
  await goOffline();
  for (let i = 0; i < 5; i++) text(doc).insert(0, "o");
  provider.destroy();
  provider = open(copy);
} else if (config.scene === "successor") {
  // Closed and opened again while the socket is closing, and typed on offline.
  line.disconnect();
  provider.destroy();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  provider = open(copy);
  await until("offline", () => line.status === "disconnected");
  for (let i = 0; i < 5; i++) text(copy).insert(0, "o");
  expected = "ooooo" + expected;
} else if (config.scene === "gathered") {
  // Typed before the socket opens and after that, and sent as one.
  await goOffline();
  text(doc).insert(0, "o");
  line.on("open", () => setImmediate(() => text(doc).insert(0, "o")));
  expected = "oo" + expected;
} else if (config.scene === "stranger") {
  // Asked for a sync offline, closed, and opened with nothing kept.
  await goOffline();
  provider.forceSync();
  provider.destroy();
  provider = open(copy);
}
if (config.scene === "recreated") {
  // An application that makes its provider anew whenever the line is cut.
  let cuts = 0;
  const recreate = () => {
    cuts += 1;
    provider.destroy();
    provider = open(new Y.Doc());
    provider.on("disconnect", recreate);
  };
  provider.on("disconnect", recreate);
  line.webSocket.terminate();
  await until("recreated", () => cuts > 0);
}
line.connect();
await until("saved", () => saved(provider));
// Whatever else is paid comes with the next commits.
await pause(500);
const { document, unowed } = provider;
finish({ unowed, text: text(document).toString(), expected });
