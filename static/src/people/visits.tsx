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

/** Read when moderators were here, and again whenever that may have changed. */
export function useVisits(): { visits: readonly Visit[] | null; error: unknown } {
  const { ask } = useRoom();
  const [visits, setVisits] = useState<readonly Visit[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const comings = usePeople((state) => state.comings);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another coming is another reading
  useEffect(() => {
    ask("people.visits", {}).then((answer) => {
      setVisits(answer.visits);
      setError(null);
    }, setError);
  }, [ask, comings]);
  return { visits, error };
}

/** Show when moderators were in the room: everyone may know who watches. */
export function Visits() {
  const t = useText();
  const errorText = useErrorText();
  const { visits, error } = useVisits();
  // What is known already stays in sight.
  const trouble = error !== null && <Banner tone="bad">{errorText(error)}</Banner>;
  if (visits === null) return trouble || <SkeletonList rows={3} />;
  if (visits.length === 0 && !trouble) {
    return (
      <EmptyState icon={Eye} title={t("people.visits.none")}>
        {t("people.visits.hint")}
      </EmptyState>
    );
  }
  return (
    <div className={style.stack}>
      {trouble}
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
