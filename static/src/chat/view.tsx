import { useText } from "../i18n/text";
import { Pane } from "../ui/page";

export default function ChatView() {
  const t = useText();
  return <Pane title={t("chat.title")}>{null}</Pane>;
}
