import { useLocation } from "wouter";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { Pane } from "../ui/page";
import { Tabs } from "../ui/tabs";
import { CardsLost, CardsWaiting } from "./cards";
import { Members } from "./members";
import style from "./people.module.css";
import { Teams } from "./teams";
import { Visits } from "./visits";

const PARTS = [
  { id: "members", path: "/", View: Members },
  { id: "teams", path: "/teams", View: Teams },
  { id: "visits", path: "/visits", View: Visits },
] as const;

export default function PeopleView() {
  const t = useText();
  const { href, you } = useRoom();
  // A visitor is told of the teachers alone.
  const parts = PARTS.filter(({ id }) => id === "members" || you.role !== "visitor");
  const [path] = useLocation();
  return (
    <Pane title={t("people.title")}>
      <div className={style.stack}>
        <CardsLost />
        <CardsWaiting />
        <Tabs
          label={t("people.title")}
          selectedKey={parts.find((part) => part.path === path)?.id ?? "members"}
          parts={parts.map(({ id, path, View }) => ({
            id,
            title: t(`people.${id}`),
            href: href(`people${path === "/" ? "" : path}`),
            content: <View />,
          }))}
        />
      </div>
    </Pane>
  );
}
