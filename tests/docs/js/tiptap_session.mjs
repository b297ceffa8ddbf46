// Two people write in one document with real Tiptap editors, at random; prints what they send.
// Arguments: seed, steps. Lines out: {"member", "sync": whether it is a SyncStep2, "data"}, at
// last {"content", "vector"} of the first editor and whether the second one has the same.
// Now and then a person is cut off, writes on, and comes back with a SyncStep2 that answers an
// old state vector, so that it repeats what is known. setContent and undo rewrite much at once.
import * as Y from "yjs";
import { openEditor } from "./editor.mjs"; // of tests/peers, where this runs
import { editAtRandom } from "./edits.mjs";

const [seed, steps] = process.argv.slice(-2).map(Number);
let state = seed;
function below(bound) {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return (state >> 8) % bound;
}

const REMOTE = "remote";

function join(member, clientID) {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  const editor = openEditor(doc);
  const person = { member, doc, editor, online: true, unsent: [], lastSeen: undefined };
  doc.on("update", (update, origin) => {
    if (origin !== REMOTE && person.online) person.unsent.push(update);
  });
  return person;
}

const people = [join("ann", 1001), join("ben", 4000000002)];
const other = (person) => people[1 - people.indexOf(person)];
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

function say(person, data, sync) {
  console.log(JSON.stringify({ member: person.member, sync, data: base64(data) }));
}

function send() {
  for (const person of people) {
    for (const update of person.unsent.splice(0)) {
      say(person, update, false);
      if (other(person).online) Y.applyUpdate(other(person).doc, update, REMOTE);
    }
  }
}

function synchronise(person) {
  const peer = other(person);
  const all = Y.encodeStateAsUpdate(person.doc, person.lastSeen);
  say(person, all, true);
  Y.applyUpdate(peer.doc, all, REMOTE);
  Y.applyUpdate(person.doc, Y.encodeStateAsUpdate(peer.doc), REMOTE);
}

for (let step = 0; step < steps; step++) {
  const person = people[below(2)];
  editAtRandom(person.editor, below, { halfCharacters: true });
  if (person.online && below(40) === 0) {
    person.lastSeen = Y.encodeStateVector(other(person).doc);
    send();
    person.online = false;
  } else if (!person.online && other(person).online && below(6) === 0) {
    send();
    synchronise(person);
    person.online = true;
  }
  if (below(4) === 0) send();
}
for (const person of people) person.online = true;
send();
for (const person of [...people, ...people]) synchronise(person);
const contents = people.map(({ doc }) => doc.getXmlFragment("default").toString());
const vector = Object.fromEntries(Y.decodeStateVector(Y.encodeStateVector(people[0].doc)));
const same = contents[0] === contents[1];
const last = JSON.stringify({ content: contents[0], vector, same });
process.stdout.write(`${last}\n`, () => process.exit(0));
