// A browser has what others wrote with a hole in it, and writes something of its own.
// out: what the other wrote, in three parts, and all that the browser has, base64.
import * as Y from "yjs";

const other = new Y.Doc();
other.clientID = 1;
const parts = [];
other.on("update", (update) => parts.push(update));
for (const word of ["one ", "two ", "three "]) other.getText("t").insert(0, word);

const doc = new Y.Doc();
doc.clientID = 2;
Y.applyUpdate(doc, parts[0]);
Y.applyUpdate(doc, parts[2]);
doc.getText("t").insert(0, "own ");
for (const update of [...parts, Y.encodeStateAsUpdate(doc)]) {
  console.log(JSON.stringify(Buffer.from(update).toString("base64")));
}
