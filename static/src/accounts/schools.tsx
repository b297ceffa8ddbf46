import { School as SchoolIcon } from "lucide-react";
import { type ReactElement, useState } from "react";
import { api } from "../api";
import { useText } from "../i18n/text";
import { SchoolBadge } from "../ui/avatar";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Select, TextField } from "../ui/field";
import { EmptyState } from "../ui/marks";
import style from "./accounts.module.css";
import { COUNTRIES, countryName } from "./countries";
import { ADMINISTRATION, type Part } from "./overview";

/** List the schools, and register more. */
export function Schools({ overview, again }: Part) {
  const t = useText();
  return (
    <>
      <div className={style.row}>
        <SchoolDialog
          title={t("accounts.schools.add")}
          button={
            <Button variant="primary" icon={SchoolIcon}>
              {t("accounts.schools.add")}
            </Button>
          }
          path={`${ADMINISTRATION}/schools`}
          again={again}
        />
      </div>
      {overview.schools.length === 0 && (
        <EmptyState icon={SchoolIcon} title={t("accounts.schools.none")}>
          {t("accounts.schools.none.text")}
        </EmptyState>
      )}
      <ul className={style.list}>
        {overview.schools.map((school) => (
          <li key={school.id} className={style.item}>
            <span className={style.itemWords}>
              <SchoolBadge school={school} />
              <span className={style.soft}>
                {[school.city, countryName(school.country), school.time_zone]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
            <SchoolDialog
              title={school.name}
              button={<Button>{t("accounts.change")}</Button>}
              path={`${ADMINISTRATION}/schools/${school.id}`}
              school={school}
              again={again}
            />
          </li>
        ))}
      </ul>
    </>
  );
}

const NEW_SCHOOL = { name: "", city: "", country: "", time_zone: "" };

function SchoolDialog({
  title,
  button,
  path,
  school = NEW_SCHOOL,
  again,
}: {
  title: string;
  button: ReactElement;
  path: string;
  school?: typeof NEW_SCHOOL;
  again: () => void;
}) {
  const t = useText();
  const [facts, setFacts] = useState({
    name: school.name,
    city: school.city,
    country: school.country,
    time_zone: school.time_zone || Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  const set = (change: Partial<typeof facts>) => setFacts((old) => ({ ...old, ...change }));
  const zones = new Set([...Intl.supportedValuesOf("timeZone"), facts.time_zone]);
  const countries = COUNTRIES.map((id) => ({ id, text: countryName(id) })).sort((a, b) =>
    a.text.localeCompare(b.text),
  );
  return (
    <FormDialog
      title={title}
      button={button}
      action={t("accounts.save")}
      onSubmit={async () => {
        await api.post(path, facts);
        again();
      }}
    >
      <TextField
        label={t("accounts.schools.name")}
        isRequired
        maxLength={200}
        value={facts.name}
        onChange={(name) => set({ name })}
      />
      <TextField
        label={t("accounts.schools.city")}
        maxLength={100}
        value={facts.city}
        onChange={(city) => set({ city })}
      />
      <Select
        label={t("accounts.schools.country")}
        isRequired
        options={countries}
        value={facts.country || null}
        onChange={(country) => set({ country })}
      />
      <Select
        label={t("accounts.schools.zone")}
        options={[...zones].map((id) => ({ id, text: id }))}
        value={facts.time_zone}
        onChange={(time_zone) => set({ time_zone })}
      />
    </FormDialog>
  );
}
