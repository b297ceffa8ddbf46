import { useText } from "../i18n/text";
import { Pane } from "../ui/page";

export default function DocsView() {
  const t = useText();
  return <Pane title={t("docs.title")}>{null}</Pane>;
}
