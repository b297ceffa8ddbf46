import { useText } from "../i18n/text";
import { Button } from "./button";
import { toast } from "./toast";

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not allowed here; the text is in sight to be marked by hand
  }
}

/** Copy words that are in sight, and say whether that could be done. */
export function CopyButton({ text }: { text: string }) {
  const t = useText();
  return (
    <Button
      variant="primary"
      onPress={async () => toast(t((await copied(text)) ? "ui.copied" : "ui.copy_by_hand"))}
    >
      {t("ui.copy")}
    </Button>
  );
}
