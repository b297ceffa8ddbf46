import type { Texts } from "./language";

export default import.meta.glob<Texts>("../*/locales/sv.json", { eager: true, import: "default" });
