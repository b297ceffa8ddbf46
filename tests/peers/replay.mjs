// Replays a typing trace through the running server with stock providers.
// config: trace (a file), clients (the Yjs client id of each agent), kinds and members (of each
// copy; copies beyond the agents only watch), document, cutEvery (edits between cuts; 0: none).
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as Y from "yjs";
import { Copy, below, config, finish, pause, same, tell, until } from "./stock.mjs";

const EDITS_PER_TRANSACTION = 20;
const trace = JSON.parse(gunzipSync(readFileSync(config.trace)));

function patch(doc, patches) {
  const updates = [];
  const note = (update) => updates.push(update);
  const text = doc.getText("t");
  doc.on("update", note);
  doc.transact(() => {
    for (const [position, deleted, inserted] of patches) {
      if (deleted) text.delete(position, deleted);
      if (inserted) text.insert(position, inserted);
    }
  });
  doc.off("update", note);
  return updates;
}

function writer(clientID) {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  return doc;
}

const expected = new Y.Doc();

// Each agent's edits as updates, and the state vector that each of them was made in. What an
// agent had not seen yet is in no update: the edits are concurrent as they were when typed.
function concurrentEdits() {
  const docs = config.clients.map(writer);
  const seen = docs.map(() => new Set());
  const made = [];
  const queues = docs.map(() => []);
  trace.txns.forEach(({ agent, parents, patches }, number) => {
    const missing = new Set();
    const queue = [...parents];
    while (queue.length > 0) {
      const parent = queue.pop();
      if (seen[agent].has(parent) || missing.has(parent)) continue;
      missing.add(parent);
      queue.push(...trace.txns[parent].parents);
    }
    for (const parent of [...missing].sort((a, b) => a - b)) {
      for (const update of made[parent]) Y.applyUpdate(docs[agent], update);
      seen[agent].add(parent);
    }
    const needs = Y.decodeStateVector(Y.encodeStateVector(docs[agent]));
    made.push(patch(docs[agent], patches));
    seen[agent].add(number);
    for (const update of made[number]) {
      queues[agent].push({ update, needs });
      Y.applyUpdate(expected, update);
    }
  });
  return queues;
}

function sequentialEdits() {
  const doc = writer(config.clients[0]);
  const queue = [];
  for (let first = 0; first < trace.txns.length; first += EDITS_PER_TRANSACTION) {
    const patches = trace.txns.slice(first, first + EDITS_PER_TRANSACTION).flatMap((t) => t.patches);
    const needs = Y.decodeStateVector(Y.encodeStateVector(doc));
    for (const update of patch(doc, patches)) queue.push({ update, needs });
  }
  Y.applyUpdate(expected, Y.encodeStateAsUpdate(doc));
  return [queue];
}

const queues = trace.kind === "concurrent" ? concurrentEdits() : sequentialEdits();

const copies = config.kinds.map((kind, place) => {
  const name = `${place}`;
  return new Copy(name, { kind, member: config.members[place], document: config.document });
});
await until("connected", () => copies.every((copy) => copy.provider.synced));

const has = (doc, needs) => [...needs].every(([id, next]) => Y.getState(doc.store, id) >= next);
const total = queues.reduce((sum, queue) => sum + queue.length, 0);
const next = queues.map(() => 0);
const offlineFor = copies.map(() => 0);
let done = 0;
let toldHalf = false;

async function disturb() {
  if (!config.cutEvery || below(config.cutEvery) > 0) return;
  const place = below(copies.length);
  if (below(2) === 0) {
    copies[place].cut();
  } else if (offlineFor[place] === 0) {
    await copies[place].goOffline();
    offlineFor[place] = 1 + below(80);
  }
}

function comeBack(place) {
  offlineFor[place] = 0;
  copies[place].goOnline();
}

while (done < total) {
  let moved = false;
  for (let agent = 0; agent < queues.length; agent++) {
    const run = 1 + below(8);
    for (let i = 0; i < run && next[agent] < queues[agent].length; i++) {
      const { update, needs } = queues[agent][next[agent]];
      if (!has(copies[agent].doc, needs)) break;
      Y.applyUpdate(copies[agent].doc, update, "typed");
      next[agent] += 1;
      done += 1;
      moved = true;
      if (offlineFor[agent] > 0 && --offlineFor[agent] === 0) comeBack(agent);
    }
    if (moved) await disturb();
  }
  if (!moved) {
    // What is waited for is on the other side.
    offlineFor.forEach((left, place) => left > 0 && comeBack(place));
    await pause(1);
  } else {
    await new Promise(setImmediate);
  }
  if (!toldHalf && done >= total / 2) {
    toldHalf = true;
    tell({ half: true });
  }
}
offlineFor.forEach((left, place) => left > 0 && comeBack(place));
const whole = { doc: expected };
await until("all have everything", () => copies.every((copy) => same(copy, whole) && copy.allSaved));
const fresh = new Copy("fresh", {
  kind: "hocuspocus",
  member: config.members[0],
  document: config.document,
});
await until("a fresh client has everything", () => same(fresh, whole));
finish({
  copies: [...copies, fresh].map((copy) => ({ ...copy.facts, text: copy.doc.getText("t").toString() })),
});
