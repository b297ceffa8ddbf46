import { useText } from "../i18n/text";
import { Pane } from "../ui/page";

export default function PeopleView() {
  const t = useText();
  return <Pane title={t("people.title")}>{null}</Pane>;
}
