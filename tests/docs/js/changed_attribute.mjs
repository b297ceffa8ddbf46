// An editor with undo changes one attribute again and again, and sends what comes of it.
// out: the update that makes the element, that of the first change, and the whole document, base64.
import * as Y from "yjs";

const doc = new Y.Doc();
doc.clientID = 7;
const root = doc.getXmlFragment("default");
const tell = (update) => console.log(JSON.stringify(Buffer.from(update).toString("base64")));

const undo = new Y.UndoManager(root);
doc.transact(() => {
  const heading = new Y.XmlElement("heading");
  root.insert(0, [heading]);
  heading.setAttribute("level", 1);
});
tell(Y.encodeStateAsUpdate(doc));
const [heading] = root.toArray();
for (const level of [2, 3, 4, 5]) {
  undo.stopCapturing();
  const before = Y.encodeStateVector(doc);
  heading.setAttribute("level", level);
  if (level === 2) tell(Y.encodeStateAsUpdate(doc, before));
}
tell(Y.encodeStateAsUpdate(doc));
