// Somebody underlines the words of two others, takes everything away and brings it back.
// out: each update with who made it, base64; then what it comes to.
import * as Y from "yjs";

const WORDS = 40;
const log = [];
function person(member, clientID) {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  for (const { data } of log) Y.applyUpdate(doc, Buffer.from(data, "base64"));
  doc.on("update", (update) => {
    const data = Buffer.from(update).toString("base64");
    log.push({ member, data });
    console.log(JSON.stringify({ member, data }));
  });
  return doc.getXmlFragment("default");
}

function write(root, at) {
  const paragraph = new Y.XmlElement("paragraph");
  root.insert(at, [paragraph]);
  const text = new Y.XmlText();
  paragraph.insert(0, [text]);
  text.insert(0, "word ".repeat(WORDS));
}

write(person("ann", 1), 0);
write(person("ben", 2), 1);
const marker = person("maja", 3);
for (const paragraph of marker.toArray()) {
  for (let word = 0; word < WORDS; word++) {
    paragraph.get(0).format(5 * word, 4, { underline: {} });
  }
}
const late = person("maja", 4);
const undo = new Y.UndoManager(late);
late.delete(0, 2);
undo.undo();
console.log(JSON.stringify({ content: late.toString() }));
