import { type ReactNode, useId } from "react";
import { useIntl } from "react-intl";
import { api } from "../api";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import type { Tone } from "../ui/banner";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Badge } from "../ui/marks";
import { DateTime } from "../ui/time";
import { toast } from "../ui/toast";
import { connectionsOf, NODES, type Node, worriesOf } from "./facts";
import style from "./operations.module.css";

const TONES: Record<Node["state"] | "gone", Tone> = {
  ready: "good",
  closed: "wait",
  draining: "wait",
  gone: "bad",
};

/** Show how one node does, and let it be closed to newcomers. */
export function NodeCard({ node, again }: { node: Node; again: () => void }) {
  const t = useText();
  const { formatNumber } = useIntl();
  const heading = useId();
  const { figures } = node;
  const state = node.gone ? "gone" : node.state;
  const unit = (value: number, unit: string, digits = 0) =>
    formatNumber(value, { style: "unit", unit, maximumFractionDigits: digits });
  const facts: [string, ReactNode][] = [
    [t("operations.node.connections"), formatNumber(connectionsOf(node))],
    [t("operations.node.open"), t("operations.node.open.count", open(node))],
    [t("operations.node.unsaved"), unit(figures.oldest_unacknowledged_s, "second", 1)],
    [t("operations.node.lag"), unit(figures.lag_s * 1000, "millisecond")],
    [
      t("operations.node.processor"),
      formatNumber(figures.processor_share, { style: "percent", maximumFractionDigits: 0 }),
    ],
    [t("operations.node.memory"), unit(figures.memory_bytes / 1e6, "megabyte")],
    [t("operations.node.engine"), formatNumber(figures.engine_restarts)],
    [t("operations.node.metrics"), figures.metrics_port ?? t("operations.node.metrics.none")],
    [t("operations.node.version"), node.version],
    [t("operations.node.since"), <DateTime key="since" at={node.started_at} short />],
    [t("operations.node.seen"), <DateTime key="seen" at={node.seen_at} short />],
  ];
  return (
    <li className={style.node} aria-labelledby={heading}>
      <div className={style.head}>
        <h3 id={heading}>
          {t("operations.node.name", { host: node.host, process: node.process })}
        </h3>
        <Badge tone={TONES[state]}>{t("operations.node.state", { state })}</Badge>
      </div>
      {worriesOf(node).map((worry) => (
        <p key={worry} className={style.worry}>
          {t(`operations.worry.${worry}`)}
        </p>
      ))}
      <dl className={style.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {!node.gone && node.state !== "draining" && <Newcomers node={node} again={again} />}
    </li>
  );
}

function open({ figures }: Node): { rooms: number; documents: number } {
  return { rooms: figures.rooms, documents: figures.documents };
}

function Newcomers({ node, again }: { node: Node; again: () => void }) {
  const t = useText();
  const errorText = useErrorText();
  const ask = (closed: boolean) => api.post(`${NODES}/${node.id}`, { closed }).then(again);

  if (node.wanted_closed) {
    return (
      <Button onPress={() => void ask(false).catch((reason) => toast(errorText(reason)))}>
        {t("operations.node.reopen")}
      </Button>
    );
  }
  return (
    <FormDialog
      title={t("operations.node.close")}
      action={t("operations.node.close")}
      button={<Button>{t("operations.node.close")}</Button>}
      onSubmit={() => ask(true)}
    >
      <p>{t("operations.node.close.sure")}</p>
    </FormDialog>
  );
}
