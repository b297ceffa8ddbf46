// Writes src/protocol.ts from the server's own message types.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const python = process.env.PYTHON || join("..", ".venv", "bin", "python");
const out = join(folder, "src", "protocol.ts");

const schema = JSON.parse(
  execFileSync(python, ["-m", "twinspace_rt", "protocol"], {
    cwd: process.env.PYTHON ? join(folder, "..") : folder,
    env: { ...process.env, PYTHONPATH: join(folder, "..") },
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  }),
);
const types = await compile(schema, "Protocol", {
  bannerComment: "// Made by `npm run generate` from the server's message types.",
  additionalProperties: false,
  ignoreMinAndMaxItems: true,
  unreachableDefinitions: false,
});
// An unchanged file keeps its date, so that nothing is rebuilt for it.
if (!existsSync(out) || readFileSync(out, "utf8") !== types) writeFileSync(out, types);
