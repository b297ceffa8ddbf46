import { useText } from "../i18n/text";
import { Pane } from "../ui/page";

export default function ForumView() {
  const t = useText();
  return <Pane title={t("forum.title")}>{null}</Pane>;
}
