import { merged } from "./merge";

export default merged(
  import.meta.glob<Record<string, string>>("../*/locales/da.json", {
    eager: true,
    import: "default",
  }),
);
