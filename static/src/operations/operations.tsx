import { ShieldCheck } from "lucide-react";
import { useEffect } from "react";
import { WhenLoaded } from "../accounts/frame";
import { useLoaded } from "../accounts/me";
import { useText } from "../i18n/text";
import { EmptyState } from "../ui/marks";
import { type Installation, OPERATIONS, TROUBLED, type Troubled, totals } from "./facts";
import { NodeCard } from "./node";
import style from "./operations.module.css";
import { TroubledDocument } from "./troubled";

const AGAIN_MS = 5000;

/** Show how the server does, and what can be done about it; asks anew every few seconds. */
export function Operations() {
  const t = useText();
  const loaded = useLoaded<Installation>(OPERATIONS);
  const troubled = useLoaded<Troubled[]>(TROUBLED);
  useRepeatedly(() => {
    loaded.again();
    troubled.again();
  });
  return (
    <>
      <WhenLoaded loaded={loaded}>
        {({ nodes, rooms }) => (
          <>
            <section className={style.part}>
              <h2>{t("operations.nodes")}</h2>
              <p>{t("operations.totals", totals(nodes))}</p>
              <ul className={style.nodes}>
                {nodes.map((one) => (
                  <NodeCard key={one.id} node={one} again={loaded.again} />
                ))}
              </ul>
            </section>
            <section className={style.part}>
              <h2>{t("operations.rooms")}</h2>
              {rooms.length === 0 ? (
                <p className={style.soft}>{t("operations.rooms.none")}</p>
              ) : (
                <ul className={style.rooms}>
                  {rooms.map((one) => (
                    <li key={one.id}>
                      <span>{one.title}</span>
                      <span className={style.soft}>
                        {t("operations.connections", { count: one.connections })}
                      </span>
                    </li>
                  ))}
                </ul>
              )}
            </section>
          </>
        )}
      </WhenLoaded>
      <section className={style.part}>
        <h2>{t("operations.troubled")}</h2>
        <WhenLoaded loaded={troubled}>
          {(documents) =>
            documents.length === 0 ? (
              <EmptyState icon={ShieldCheck} title={t("operations.troubled.none")}>
                {t("operations.troubled.what")}
              </EmptyState>
            ) : (
              <>
                <p>{t("operations.troubled.what")}</p>
                <ul className={style.troubled}>
                  {documents.map((one) => (
                    <TroubledDocument key={one.id} document={one} again={troubled.again} />
                  ))}
                </ul>
              </>
            )
          }
        </WhenLoaded>
      </section>
    </>
  );
}

/** Do something every few seconds while the page can be seen. */
function useRepeatedly(work: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) work();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  });
}
