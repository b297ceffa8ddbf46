import type { Texts } from "./language";

export default import.meta.glob<Texts>("../*/locales/da.json", { eager: true, import: "default" });
