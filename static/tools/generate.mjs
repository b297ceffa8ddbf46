// Writes src/protocol.ts from the server's own message types, and src/docs/document_rules.ts from
// what it lets into a document.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const python = process.env.PYTHON || join("..", ".venv", "bin", "python");

/** What a command of the server says. */
function told(command) {
  const said = execFileSync(python, ["-m", "twinspace_rt", command], {
    cwd: process.env.PYTHON ? join(folder, "..") : folder,
    env: { ...process.env, PYTHONPATH: join(folder, "..") },
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(said);
}

/** An unchanged file keeps its date, so that nothing is rebuilt for it. */
function write(path, text) {
  const out = join(folder, "src", path);
  if (!existsSync(out) || readFileSync(out, "utf8") !== text) writeFileSync(out, text);
}

const types = await compile(told("protocol"), "Protocol", {
  bannerComment: "// Made by `npm run generate` from the server's message types.",
  additionalProperties: false,
  ignoreMinAndMaxItems: true,
  unreachableDefinitions: false,
});
write("protocol.ts", types);

write(
  join("docs", "document_rules.ts"),
  `// Made by \`npm run generate\` from what the server lets into a document.
import type { DocumentRules } from "./rules";

export const DOCUMENT_RULES: DocumentRules = ${JSON.stringify(told("document-rules"), null, 2)};
`,
);
