// What a slow line is asked for: few files, and all that an address needs at once.

import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";

const ROOM = "src/room/room.tsx";
/** A tool's view is at its name behind the room's address; these come with one of them. */
const BESIDES = { home: ["src/chat/today.tsx"] };
/** What a room opens with. */
export const FIRST = [ROOM, "src/home/view.tsx", ...BESIDES.home];
/** The page's own module is in no group: the manifest knows the page by it. */
const PAGE = "src/main.tsx";
const CATALOGUE = /src\/i18n\/(\w\w)\.ts$/;
const LANGUAGES = readdirSync(new URL("../src/i18n", import.meta.url))
  .map((name) => CATALOGUE.exec(`src/i18n/${name}`)?.[1])
  .filter((name) => name);
const NAMES = ["base", "room", ...LANGUAGES];
const VIEW = /src\/(\w+)\/view\.tsx$/;

/**
 * Keep together what is always loaded together: a slow line pays for each file more than for the
 * few bytes in it that one page does not use.
 */
export function together() {
  const groups = new Map();
  const gather = (context, id, into) => {
    const info = into.has(id) ? null : context.getModuleInfo(id);
    if (!info) return;
    into.add(id);
    for (const next of info.importedIds) gather(context, next, into);
  };
  return {
    plugin: {
      name: "together",
      apply: "build",
      buildEnd() {
        for (const name of NAMES) groups.set(name, new Set());
        for (const id of this.getModuleIds()) {
          const path = id.replaceAll("\\", "/");
          const language = CATALOGUE.exec(path);
          if (language) {
            gather(this, id, groups.get(language[1]));
          } else if (path.endsWith(PAGE)) {
            for (const next of this.getModuleInfo(id).importedIds) {
              gather(this, next, groups.get("base"));
            }
          } else if (FIRST.some((name) => path.endsWith(name))) {
            gather(this, id, groups.get("room"));
          }
        }
        // Whoever reads one language does not load another for what both of them use.
        const languages = LANGUAGES.map((name) => groups.get(name));
        for (const id of languages.flatMap((ids) => [...ids])) {
          if (languages.filter((ids) => ids.has(id)).length > 1) groups.get("base").add(id);
        }
      },
    },
    groups: NAMES.map((name) => ({ name, test: (id) => groups.get(name).has(id) })),
  };
}

/** Runs in the browser, as it stands here. */
function fetchEarly(files, parts) {
  const [, rooms, , tool] = location.pathname.split("/");
  if (rooms !== "rooms") return;
  // A guess is enough: a wrong one is merely not used.
  let chosen = null;
  try {
    chosen = localStorage.getItem("twinspace.language");
  } catch {
    // Storage is switched off.
  }
  const partOf = (name) => (Object.hasOwn(parts, name) ? parts[name] : undefined);
  const texts = [chosen, ...navigator.languages]
    .map((tag) => partOf(tag?.slice(0, 2)))
    .find((part) => part);
  const wanted = [parts.room, partOf(tool || "home"), texts ?? parts.en];
  for (const place of new Set(wanted.flatMap((part) => part ?? []))) {
    const link = document.createElement("link");
    const isStyle = files[place].endsWith(".css");
    // Browsers before 2023 know of scripts, and not of modules.
    const isKnown = link.relList?.supports?.("modulepreload");
    link.rel = isStyle || !isKnown ? "preload" : "modulepreload";
    if (link.rel === "preload") link.as = isStyle ? "style" : "script";
    link.crossOrigin = "";
    link.href = files[place];
    document.head.append(link);
  }
}

/**
 * Write a script that has the browser fetch what an address needs, and have the page load it first.
 *
 * Otherwise each part asks for the next one only when it runs, and a slow line is waited for four
 * times in a row. What the parts are called is known only to the build.
 */
export function early() {
  return {
    name: "early",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
        const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
        const collect = (names, into) => {
          for (const name of names) {
            const chunk = byName.get(name);
            if (!chunk || into.has(name)) continue;
            into.add(name);
            for (const style of chunk.viteMetadata?.importedCss ?? []) into.add(style);
            collect(chunk.imports, into);
          }
          return into;
        };
        const module = (chunk) => chunk.facadeModuleId?.replaceAll("\\", "/") ?? "";
        const entry = collect(
          chunks.filter((chunk) => chunk.isEntry).map((c) => c.fileName),
          new Set(),
        );
        const parts = {};
        const files = [];
        const add = (part, chunk) => {
          for (const name of collect([chunk.fileName], new Set())) {
            if (entry.has(name)) continue;
            const path = `/${name}`;
            if (!files.includes(path)) files.push(path);
            parts[part] ??= [];
            if (!parts[part].includes(files.indexOf(path))) parts[part].push(files.indexOf(path));
          }
        };
        for (const chunk of chunks.filter((one) => one.isDynamicEntry)) {
          const id = module(chunk);
          const named = VIEW.exec(id) ?? CATALOGUE.exec(id);
          if (named) add(named[1], chunk);
          if (id.endsWith(ROOM)) add("room", chunk);
          for (const [part, names] of Object.entries(BESIDES)) {
            if (names.some((name) => id.endsWith(name))) add(part, chunk);
          }
        }
        if (!parts.room || !parts.home || !parts.en)
          throw new Error("the room's parts are not found");
        const source = `(${fetchEarly})(${JSON.stringify(files)}, ${JSON.stringify(parts)});\n`;
        const hash = createHash("sha256").update(source).digest("base64url").slice(0, 8);
        const fileName = `assets/early-${hash}.js`;
        this.emitFile({ type: "asset", fileName, source });
        const page = bundle["index.html"];
        page.source = page.source.replace(
          '<script type="module"',
          `<script src="/${fileName}"></script>\n    $&`,
        );
        if (!page.source.includes(fileName)) throw new Error("index.html has no place for it");
      },
    },
  };
}
