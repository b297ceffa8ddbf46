import { useText } from "../i18n/text";
import { Button } from "../ui/button";
import { Dialog, DialogActions } from "../ui/dialog";
import { toast } from "../ui/toast";
import style from "./accounts.module.css";

/** Show a link that is told this once. */
export function LinkDialog({ link, onClose }: { link: string; onClose: () => void }) {
  const t = useText();
  // Browsers have no clipboard for pages that came over plain HTTP; the link can be marked by hand.
  const canCopy = "clipboard" in navigator;

  async function copy() {
    await navigator.clipboard.writeText(link);
    toast(t("accounts.link.copied"));
  }

  return (
    <Dialog
      title={t("accounts.link.made")}
      isOpen
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <div className={style.form}>
        <p>{t("accounts.link.made.text")}</p>
        <code className={style.secret}>{link}</code>
        {canCopy && (
          <DialogActions>
            <Button variant="primary" onPress={() => void copy()}>
              {t("accounts.link.copy")}
            </Button>
          </DialogActions>
        )}
      </div>
    </Dialog>
  );
}
