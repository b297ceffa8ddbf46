import type { Texts } from "./language";

export default import.meta.glob<Texts>("../*/locales/en.json", { eager: true, import: "default" });
