import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { startLanguage } from "./i18n/language";
import "./ui/base.css";
import "./ui/opening.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

await startLanguage();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

// All parts are here: the next one that is lost (early.js) is waited for as the first.
try {
  sessionStorage.removeItem("twinspace.reload_after_ms");
} catch {
  // Storage is switched off: nothing was kept.
}
