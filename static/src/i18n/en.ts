import { merged } from "./merge";

export default merged(
  import.meta.glob<Record<string, string>>("../*/locales/en.json", {
    eager: true,
    import: "default",
  }),
);
