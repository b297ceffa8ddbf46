import { X } from "lucide-react";
import {
  UNSTABLE_Toast as AriaToast,
  Button,
  Text,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components";
import { useText } from "../i18n/text";
import { queue } from "./toast";
import style from "./toast.module.css";

/** Draw the toasts; the application has one of these. */
export default function Toasts() {
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
