// Reads logs of updates with stock Yjs: one JSON line in, one out.
// in:  {"root": "t" | "default", "log": [base64…]}
// out: what a live client reads, what one reads who gets the log merged, whether anything is
//      pending, the state vector, and the error if Yjs threw one.
import { createInterface } from "node:readline";
import * as Y from "yjs";

const decode = (text) => new Uint8Array(Buffer.from(text, "base64"));

function read(root, updates) {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  const content = root === "t" ? doc.getText("t") : doc.getXmlFragment(root);
  return {
    content: content.toString(),
    pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
    vector: Object.fromEntries(Y.decodeStateVector(Y.encodeStateVector(doc))),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { root, log } = JSON.parse(line);
  const updates = log.map(decode);
  try {
    const live = read(root, updates);
    const joiner = read(root, updates.length > 0 ? [Y.mergeUpdates(updates)] : []);
    console.log(JSON.stringify({ live, joiner }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
