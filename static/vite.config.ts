import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { catalogues } from "./tools/catalogues.mjs";
import { compressed } from "./tools/compressed.mjs";
import { early, together } from "./tools/loading.mjs";

// The browsers of five-year-old school machines; light-dark() and nesting are written out for them.
const browsers = ["chrome100", "edge100", "firefox102", "safari15.4"];
const server = process.env.TWINSPACE_DEV_SERVER ?? "http://127.0.0.1:8000";

const chunks = together();

export default defineConfig({
  plugins: [react(), catalogues(), chunks.plugin, early(), compressed()],
  build: {
    target: browsers,
    cssTarget: browsers,
    modulePreload: { polyfill: false },
    // Never a data: address; the Content-Security-Policy knows only this origin.
    assetsInlineLimit: 0,
    manifest: true,
    chunkSizeWarningLimit: 700,
    rolldownOptions: { output: { codeSplitting: { groups: chunks.groups } } },
  },
  css: { transformer: "lightningcss" },
  server: {
    proxy: {
      "/api": server,
      "/ws": { target: server, ws: true },
    },
  },
  test: {
    // A test that needs a page says so in its first line: making one takes longer than most tests.
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
  },
});
