import { merged } from "./merge";

export default merged(
  import.meta.glob<Record<string, string>>("../*/locales/sv.json", {
    eager: true,
    import: "default",
  }),
);
