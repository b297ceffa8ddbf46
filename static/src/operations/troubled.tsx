import { History, RotateCw } from "lucide-react";
import { useState } from "react";
import { api } from "../api";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Badge } from "../ui/marks";
import { DateTime } from "../ui/time";
import { toast } from "../ui/toast";
import { TROUBLED, type Troubled } from "./facts";
import style from "./operations.module.css";

/** Show a document that cannot be trusted, from outside, and what can be done about it. */
export function TroubledDocument({ document, again }: { document: Troubled; again: () => void }) {
  const t = useText();
  const isQuarantined = document.state === "quarantined";
  return (
    <li className={style.document}>
      <span className={style.words}>
        <span>
          {document.room_title}{" "}
          <Badge tone={isQuarantined ? "bad" : "wait"}>
            {t("operations.troubled.state", { state: document.state })}
          </Badge>
        </span>
        <span className={style.soft}>
          {t("operations.troubled.which", { kind: document.kind, id: document.id })}
        </span>
        <span className={style.soft}>
          {document.good_at === null ? (
            t("operations.troubled.no_good_state")
          ) : (
            <>
              {t("operations.troubled.good")} <DateTime at={document.good_at} />
            </>
          )}
        </span>
        <span className={style.soft}>
          {t("operations.troubled.entries", { count: document.entries })}{" "}
          {document.last_at !== null && <DateTime at={document.last_at} />}
        </span>
      </span>
      {isQuarantined && <Repair document={document} again={again} />}
    </li>
  );
}

function Repair({ document, again }: { document: Troubled; again: () => void }) {
  const t = useText();
  const errorText = useErrorText();
  const [isPending, setPending] = useState(false);
  const ask = (what: string) => api.post(`${TROUBLED}/${document.id}/${what}`).then(again);

  async function tryAgain() {
    setPending(true);
    try {
      await ask("try-again");
      toast(t("operations.troubled.repaired"));
    } catch (reason) {
      toast(errorText(reason));
    } finally {
      setPending(false);
    }
  }

  return (
    <span className={style.actions}>
      <Button icon={RotateCw} isPending={isPending} onPress={() => void tryAgain()}>
        {t("operations.troubled.try_again")}
      </Button>
      {document.good_at !== null && (
        <FormDialog
          title={t("operations.troubled.go_back")}
          action={t("operations.troubled.go_back")}
          variant="danger"
          button={
            <Button variant="quiet" icon={History}>
              {t("operations.troubled.go_back")}
            </Button>
          }
          onSubmit={() => ask("go-back")}
        >
          <p>{t("operations.troubled.go_back.sure", { count: document.entries })}</p>
        </FormDialog>
      )}
    </span>
  );
}
