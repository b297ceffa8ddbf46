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
import { COUNTRIES, countryName, zoneOf } from "./countries";
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
type Facts = typeof NEW_SCHOOL;

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
  school?: Facts;
  again: () => void;
}) {
  const t = useText();
  return (
    <FormDialog
      title={title}
      button={button}
      action={t("accounts.save")}
      onSubmit={async (form) => {
        await api.post(path, Object.fromEntries(form));
        again();
      }}
    >
      <SchoolFields school={school} />
    </FormDialog>
  );
}

/** Ask for a school's facts; they stand in the form alone, which begins anew when it opens. */
function SchoolFields({ school }: { school: Facts }) {
  const t = useText();
  const [country, setCountry] = useState(school.country || null);
  const [zone, setZone] = useState(
    school.time_zone || Intl.DateTimeFormat().resolvedOptions().timeZone,
  );
  const zones = new Set([...Intl.supportedValuesOf("timeZone"), zone]);
  const countries = COUNTRIES.map((id) => ({ id, text: countryName(id) })).sort((a, b) =>
    a.text.localeCompare(b.text),
  );

  // A chat opens by the school's clocks: whoever registers a school abroad thinks of its country.
  function choose(next: string) {
    setCountry(next);
    setZone(zoneOf(next) ?? zone);
  }

  return (
    <>
      <TextField
        autoFocus
        isRequired
        name="name"
        label={t("accounts.schools.name")}
        defaultValue={school.name}
        maxLength={200}
        autoComplete="off"
      />
      <TextField
        name="city"
        label={t("accounts.schools.city")}
        defaultValue={school.city}
        maxLength={100}
        autoComplete="off"
      />
      <Select
        isRequired
        name="country"
        label={t("accounts.schools.country")}
        options={countries}
        value={country}
        onChange={choose}
      />
      <Select
        name="time_zone"
        label={t("accounts.schools.zone")}
        options={[...zones].map((id) => ({ id, text: id }))}
        value={zone}
        onChange={setZone}
      />
    </>
  );
}
