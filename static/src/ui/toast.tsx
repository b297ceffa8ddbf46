import { X } from "lucide-react";
import {
  UNSTABLE_Toast as AriaToast,
  Button,
  Text,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components";
import { useText } from "../i18n/text";
import style from "./toast.module.css";

const SHOWN_MS = 6000;

const queue = new ToastQueue<string>({ maxVisibleToasts: 3 });

/**
 * Say briefly that something has been done, or could not be done.
 *
 * For what needs an answer or must not be missed, use a banner or a dialog.
 */
export function toast(text: string): void {
  queue.add(text, { timeout: SHOWN_MS });
}

/** Take away what was said: it would stand in the way of what comes. */
export function clearToasts(): void {
  queue.clear();
}

/** Draw the toasts; the application has one of these. */
export function Toasts() {
  const t = useText();
  return (
    <ToastRegion queue={queue} aria-label={t("ui.messages")} className={style.region ?? ""}>
      {({ toast: shown }) => (
        <AriaToast toast={shown} className={style.toast ?? ""}>
          <ToastContent className={style.words ?? ""}>
            <Text slot="title">{shown.content}</Text>
          </ToastContent>
          <Button slot="close" aria-label={t("ui.close")} className={style.close ?? ""}>
            <X aria-hidden size={18} />
          </Button>
        </AriaToast>
      )}
    </ToastRegion>
  );
}
