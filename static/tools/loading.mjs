// What a slow line is asked for: few files, and all that an address needs at once.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The page's own module is in no group: the manifest knows the page by it. */
const PAGE = "src/main.tsx";
const EARLY = "src/early.js";
const CATALOGUE = /src\/i18n\/(\w\w)\.ts$/;
/** A tool's view is at its name behind the room's address. */
const VIEW = /src\/(\w+)\/view\.tsx$/;
const PACKAGES = /\/node_modules\//;
const REACT = /\/node_modules\/(react|react-dom|scheduler)\/|rolldown\/runtime/;
const WIDGETS = /\/node_modules\/(@internationalized|lucide-react|react-aria|react-stately)/;

/**
 * Keep together what is always loaded together: a slow line pays for each file more than for the
 * few bytes in it that one page does not use.
 *
 * `base` is all that the page's own module needs: the frame of the application, the room and its
 * first view. React stands beside it and stays the same from release to release. What only later
 * views need of the icons and components is `more`.
 */
export function together() {
  const base = new Set();
  const gather = (context, id) => {
    // Of a package rolldown takes what is used of it, with what that needs; its index names all.
    if (base.has(id) || PACKAGES.test(id)) return;
    base.add(id);
    for (const next of context.getModuleInfo(id)?.importedIds ?? []) gather(context, next);
  };
  return {
    plugin: {
      name: "together",
      apply: "build",
      buildEnd() {
        const page = [...this.getModuleIds()].find((id) => id.replaceAll("\\", "/").endsWith(PAGE));
        gather(this, page);
        base.delete(page);
      },
    },
    groups: [
      { name: "react", test: REACT },
      { name: "base", test: (id) => base.has(id) },
      { name: "more", test: WIDGETS },
    ],
  };
}

/** Runs in the browser, as it stands here. */
function fetchEarly(files, parts) {
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
  const [, rooms, , tool] = location.pathname.split("/");
  const view = rooms === "rooms" ? partOf(tool) : undefined;
  for (const place of new Set([...(texts ?? parts.en), ...(view ?? [])])) {
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
 * Have the page's early script fetch what an address needs beside the page itself: the texts, and
 * the view of a tool.
 *
 * Otherwise each part asks for the next one only when it runs, and a slow line is waited for again
 * each time. What the parts are called is known only to the build.
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
        const entry = collect(
          chunks.filter((chunk) => chunk.isEntry).map((c) => c.fileName),
          new Set(),
        );
        const parts = {};
        const files = [];
        for (const chunk of chunks.filter((one) => one.isDynamicEntry)) {
          const id = chunk.facadeModuleId?.replaceAll("\\", "/") ?? "";
          const part = (VIEW.exec(id) ?? CATALOGUE.exec(id))?.[1];
          if (!part) continue;
          const names = [...collect([chunk.fileName], new Set())].filter(
            (name) => !entry.has(name),
          );
          parts[part] = names.map((name) => {
            const path = `/${name}`;
            return files.includes(path) ? files.indexOf(path) : files.push(path) - 1;
          });
        }
        if (!parts.chat || !parts.en) throw new Error("the room's parts are not found");
        const own = readFileSync(new URL(`../${EARLY}`, import.meta.url), "utf8");
        const lists = `${JSON.stringify(files)}, ${JSON.stringify(parts)}`;
        const source = `${own}\n(${fetchEarly})(${lists});\n`;
        const hash = createHash("sha256").update(source).digest("base64url").slice(0, 8);
        const fileName = `assets/early-${hash}.js`;
        this.emitFile({ type: "asset", fileName, source });
        const page = bundle["index.html"];
        page.source = page.source.replace(`/${EARLY}`, `/${fileName}`);
        if (!page.source.includes(fileName)) throw new Error("index.html has no place for it");
      },
    },
  };
}
