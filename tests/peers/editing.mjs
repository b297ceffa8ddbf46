// Two people edit one rich document at random with real Tiptap editors and stock providers.
// config: document, kinds and members (of the two), steps, cutEvery.
import { isDeepStrictEqual } from "node:util";
import { leaveSelection, openEditor, shown } from "./editor.mjs";
import { editAtRandom } from "./edits.mjs";
import { Copy, below, config, finish, pause, same, until } from "./stock.mjs";

const copies = config.kinds.map((kind, place) => {
  const { document } = config;
  return new Copy(`${place}`, { kind, member: config.members[place], document });
});
await until("connected", () => copies.every((copy) => copy.provider.synced));
for (const copy of copies) copy.editor = openEditor(copy.doc);

const offlineFor = copies.map(() => 0);
for (let step = 0; step < config.steps; step++) {
  const place = below(2);
  editAtRandom(copies[place].editor, below);
  leaveSelection(copies[place].editor);
  offlineFor.forEach((left, i) => {
    if (left === 0) return;
    offlineFor[i] -= 1;
    if (offlineFor[i] === 0) copies[i].goOnline();
  });
  if (below(config.cutEvery) === 0 && offlineFor[place] === 0) {
    if (below(2) === 0) {
      copies[place].cut();
    } else {
      await copies[place].goOffline();
      offlineFor[place] = 1 + below(12);
    }
  }
  if (below(3) === 0) await pause(below(12));
}
offlineFor.forEach((left, i) => left > 0 && copies[i].goOnline());

// An editor answers what it cannot show with an edit of its own, so both have to come to rest.
const [ann, ben] = copies;
const json = (copy) => shown(copy.editor);
const shownAlike = () => isDeepStrictEqual(json(ann), json(ben));
await until(
  "both editors show the same",
  () => same(ann, ben) && ann.allSaved && ben.allSaved && shownAlike(),
  () => ({ same: same(ann, ben), shownAlike: shownAlike(), copies: [ann.facts, ben.facts] }),
);
const fresh = new Copy("fresh", {
  kind: "hocuspocus",
  member: config.members[0],
  document: config.document,
});
await until("a fresh client has everything", () => same(fresh, ann));
fresh.editor = openEditor(fresh.doc);
finish({
  copies: [...copies, fresh].map((copy) => ({
    ...copy.facts,
    xml: copy.doc.getXmlFragment("default").toString(),
    json: json(copy),
  })),
});
