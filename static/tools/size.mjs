// Measures what a room's first page loads, and fails above the budget, or if not all of it is asked
// for by the page itself and by the script before all others.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET = 190_000;
const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");
const manifest = JSON.parse(readFileSync(join(dist, ".vite", "manifest.json"), "utf8"));

/** The page, which has the room and its first view in it, with the largest catalogue of texts. */
const START = ["index.html", "src/i18n/sv.ts"];

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

const page = readFileSync(join(dist, "index.html"), "utf8");
const [, early] = /src="\/(assets\/early-[^"]+)"/.exec(page) ?? [];
const asked = page + (early ? readFileSync(join(dist, early), "utf8") : "");
const late = sizes.map(([file]) => file).filter((file) => !asked.includes(`/${file}"`));
if (late.length > 0) console.log(`asked for late: ${late.join(", ")}`);
process.exit(total > BUDGET || late.length > 0 ? 1 : 0);
