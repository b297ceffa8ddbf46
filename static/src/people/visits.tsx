import { Eye } from "lucide-react";
import { useEffect, useState } from "react";
import type { Replies } from "../frames";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { Banner } from "../ui/banner";
import { Badge, EmptyState, SkeletonList } from "../ui/marks";
import { DateTime } from "../ui/time";
import style from "./people.module.css";
import { usePeople } from "./store";

type Visit = Replies["people.visits"]["visits"][number];

/** Show when moderators were in the room: everyone may know who watches. */
export function Visits() {
  const t = useText();
  const errorText = useErrorText();
  const { ask } = useRoom();
  const [visits, setVisits] = useState<readonly Visit[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const read = () => {
      ask("people.visits", {}).then((answer) => setVisits(answer.visits), setError);
    };
    read();
    return usePeople.subscribe((now, before) => {
      if (now.comings !== before.comings) read();
    });
  }, [ask]);
  if (error !== null) return <Banner tone="bad">{errorText(error)}</Banner>;
  if (visits === null) return <SkeletonList rows={3} />;
  if (visits.length === 0) {
    return (
      <EmptyState icon={Eye} title={t("people.visits.none")}>
        {t("people.visits.hint")}
      </EmptyState>
    );
  }
  return (
    <div className={style.stack}>
      <p className={style.soft}>{t("people.visits.hint")}</p>
      <ul className={style.list}>
        {visits.map((visit) => (
          <li key={visit.came_at} className={style.member}>
            <Eye aria-hidden size={20} />
            <span className={style.words}>
              <span className={style.name}>{visit.name}</span>
              <span className={style.soft}>
                <DateTime at={visit.came_at} />
              </span>
            </span>
            {visit.left_at === null && <Badge tone="wait">{t("people.visits.now")}</Badge>}
          </li>
        ))}
      </ul>
    </div>
  );
}
