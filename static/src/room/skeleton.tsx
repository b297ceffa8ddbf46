import { useConnection } from "../connection";
import { useText } from "../i18n/text";
import { Banner } from "../ui/banner";
import { Skeleton, SkeletonList } from "../ui/marks";
import { useTitle } from "../ui/page";
import style from "./room.module.css";

/** Keep a room's shape while it is being fetched. */
export function RoomSkeleton() {
  const t = useText();
  const status = useConnection((state) => state.status);
  useTitle(t("room.connecting"));
  return (
    <div className={style.shell} aria-busy="true">
      <div className={style.rail} />
      <div className={style.head}>
        <Skeleton width="14rem" height="1.25rem" />
      </div>
      <div className={style.lines}>
        {status === "waiting" && (
          <Banner tone="wait" isEdge>
            {t(navigator.onLine ? "pages.away" : "pages.offline")}
          </Banner>
        )}
      </div>
      <main id="main" className={style.work} aria-label={t("room.connecting")}>
        <div className={style.skeleton}>
          <SkeletonList rows={6} />
        </div>
      </main>
      <div className={style.bottom} />
    </div>
  );
}
