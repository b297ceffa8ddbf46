// Measures what a room's first page loads, and fails above the budget.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET = 250_000;
const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");
const manifest = JSON.parse(readFileSync(join(dist, ".vite", "manifest.json"), "utf8"));

/** The entry, the room and its first view, with the largest catalogue of texts. */
const START = ["index.html", "src/room/room.tsx", "src/home/view.tsx", "src/i18n/sv.ts"];

const needed = new Set();
const add = (key) => {
  if (needed.has(key) || !manifest[key]) return;
  needed.add(key);
  manifest[key].imports?.forEach(add);
};
for (const key of START) {
  if (!manifest[key]) throw new Error(`${key} is not a part of the build`);
  add(key);
}
const sizes = [...needed]
  .map((key) => manifest[key].file)
  .filter((file) => file.endsWith(".js"))
  .map((file) => [file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length])
  .sort((a, b) => b[1] - a[1]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
for (const [file, size] of sizes) console.log(String(size).padStart(8), file);
console.log(String(total).padStart(8), `bytes of script, compressed; the budget is ${BUDGET}`);
process.exit(total > BUDGET ? 1 : 0);
