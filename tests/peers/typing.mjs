// Pairs of people type at human speed, each pair in a document of its own, with stock providers.
// config: documents, kinds and members (of the two), seconds, keysPerSecond.
import { Copy, below, config, finish, pause, same, until } from "./stock.mjs";

const LETTERS = "abcdefghijklmnopqrstuvwxyz      ";

const pairs = config.documents.map((document, number) =>
  config.kinds.map((kind, place) => {
    const name = `${number}.${place}`;
    return new Copy(name, { kind, member: config.members[place], document });
  }),
);
const copies = pairs.flat();
await until("connected", () => copies.every((copy) => copy.provider.synced));

// Types as people do: at one place for a while, now and then elsewhere, now and then a correction.
async function type(copy) {
  const text = copy.doc.getText("t");
  let cursor = 0;
  const end = Date.now() + config.seconds * 1000;
  while (Date.now() < end) {
    cursor = below(25) === 0 ? below(text.length + 1) : Math.min(cursor, text.length);
    copy.doc.transact(() => {
      if (below(8) === 0 && cursor > 0) text.delete(--cursor, 1);
      else text.insert(cursor++, LETTERS[below(LETTERS.length)]);
    }, "typed");
    // A pause to think now and then: only then can everything be saved on a slow line.
    const thinking = below(15) === 0 ? 900 : 0;
    await pause(((500 + below(1000)) / config.keysPerSecond) + thinking);
  }
}

await Promise.all(copies.map(type));
await until("all pairs are equal", () =>
  pairs.every(([a, b]) => same(a, b) && a.allSaved && b.allSaved && !a.pending),
);
finish({
  copies: copies.map((copy) => ({ ...copy.facts, text: copy.doc.getText("t").toString() })),
});
