import type { ReactNode } from "react";
import { useParams } from "wouter";
import type { TextKey } from "../i18n/keys";
import { useText } from "../i18n/text";
import { Operations } from "../operations/operations";
import { Page } from "../ui/page";
import { Tabs } from "../ui/tabs";
import style from "./accounts.module.css";
import { SignOutButton, WhenLoaded } from "./frame";
import { useLoaded } from "./me";
import { ADMINISTRATION, type Overview, type Part } from "./overview";
import { Projects } from "./projects";
import { Schools } from "./schools";
import { StaffList } from "./staff";

const PARTS: readonly { id: string; title: TextKey; View: (part: Part) => ReactNode }[] = [
  { id: "schools", title: "accounts.schools", View: Schools },
  { id: "staff", title: "accounts.staff.tab", View: StaffList },
  { id: "projects", title: "accounts.projects", View: Projects },
  { id: "operations", title: "operations.title", View: Operations },
];

export default function AdministrationPage() {
  const t = useText();
  const { part = "schools" } = useParams<{ part?: string }>();
  const loaded = useLoaded<Overview>(ADMINISTRATION);
  return (
    <Page title={t("accounts.administration")} actions={<SignOutButton />}>
      <div className={style.stack}>
        <h1 className={style.welcome}>{t("accounts.administration")}</h1>
        <WhenLoaded loaded={loaded}>
          {(overview) => (
            <Tabs
              label={t("accounts.administration")}
              selectedKey={PARTS.find((one) => one.id === part)?.id ?? "schools"}
              parts={PARTS.map(({ id, title, View }) => ({
                id,
                title: t(title),
                href: `/administration/${id}`,
                content: (
                  <div className={style.stack}>
                    <View overview={overview} again={loaded.again} />
                  </div>
                ),
              }))}
            />
          )}
        </WhenLoaded>
      </div>
    </Page>
  );
}
