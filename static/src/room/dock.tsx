import { X } from "lucide-react";
import { Suspense } from "react";
import type { Place } from "../frames";
import { useText } from "../i18n/text";
import { Fence } from "../pages/pages";
import { IconButton } from "../ui/button";
import { SkeletonList } from "../ui/marks";
import { useMedia } from "../ui/media";
import { useRoom } from "./context";
import { canDock, toggleDock, useDock } from "./dock_state";
import style from "./room.module.css";
import { TOOLS } from "./tools";

const WIDE = "(min-width: 64rem)";

/** Stand the chat beside the work, where there is room for both. */
export function Dock({ place }: { place: Place }) {
  const t = useText();
  const { you } = useRoom();
  const isOpen = useDock((state) => state.isOpen);
  const isWide = useMedia(WIDE);
  const Content = TOOLS.find((tool) => tool.Dock)?.Dock;
  if (!isOpen || !isWide || !canDock(place, you.role) || !Content) return null;
  return (
    <aside aria-label={t("room.dock")} className={style.dock}>
      <div className={style.dockHead}>
        <h2>{t("room.dock")}</h2>
        <IconButton icon={X} label={t("room.dock.close")} onPress={() => toggleDock(false)} />
      </div>
      <div className={style.dockBody}>
        <Fence>
          <Suspense fallback={<SkeletonList />}>
            <Content />
          </Suspense>
        </Fence>
      </div>
    </aside>
  );
}
