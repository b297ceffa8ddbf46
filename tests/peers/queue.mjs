// What a provider's queue holds of an earlier connection must not count for the next one.
// config: document.
import { HocuspocusProvider } from "@hocuspocus/provider";
import * as Y from "yjs";
import { Copy, config, finish, pause, until } from "./stock.mjs";

const PONG = 10;
const copy = new Copy("first", { kind: "hocuspocus", member: 0, document: config.document });
const { line } = copy;
const text = copy.doc.getText("t");
text.insert(0, "x".repeat(100));
await until("saved", () => copy.allSaved);

// Goes offline just after the socket has opened: the server's Ping reaches one that is closing,
// and the answer waits for the next socket.
const hasPong = () => line.messageQueue.some((message) => message.length === 1 && message[0] === PONG);
let tries = 0;
do {
  if (copy.connected) copy.cut();
  else copy.goOnline();
  await new Promise((resolve) => {
    const leave = () => {
      line.off("open", leave);
      setImmediate(() => resolve(line.disconnect()));
    };
    line.on("open", leave);
  });
  await until("offline", () => line.status === "disconnected");
  tries += 1;
} while (!hasPong() && tries < 100);
const queued = hasPong();

for (let i = 0; i < 30; i++) text.delete(0, 1);
let unowed = 0;
const decrement = copy.provider.decrementUnsyncedChanges;
copy.provider.decrementUnsyncedChanges = function () {
  if (this.unsyncedChanges === 0) unowed += 1;
  decrement.call(this);
};
copy.goOnline();
await until("saved", () => copy.allSaved);
await pause(500);

// A provider that is closed offline leaves its farewell in the queue; its successor is not it.
copy.cut();
await until("cut", () => !copy.connected);
line.disconnect();
const successorDoc = new Y.Doc();
Y.applyUpdate(successorDoc, Y.encodeStateAsUpdate(copy.doc));
copy.doc.off("update", copy.provider.boundDocumentUpdateHandler);
line.detach(copy.provider);
const successor = new HocuspocusProvider({
  websocketProvider: line,
  name: copy.provider.configuration.name,
  document: successorDoc,
});
successor.attach();
line.connect();
await until("the successor is served", () => successor.synced && !successor.unsyncedChanges);
successorDoc.getText("t").insert(0, "y");
await until("the successor is saved", () => !successor.unsyncedChanges);
finish({ queued, unowed, tries });
