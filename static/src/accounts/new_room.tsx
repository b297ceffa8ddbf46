import { useState } from "react";
import { CheckboxGroup, Label } from "react-aria-components";
import { useLocation } from "wouter";
import { api } from "../api";
import { useText } from "../i18n/text";
import { Checkbox, TextArea, TextField } from "../ui/field";
import { Card, Page } from "../ui/page";
import style from "./accounts.module.css";
import { countryName } from "./countries";
import { SendForm, WhenLoaded } from "./frame";
import { type School, useLoaded, useMe } from "./me";

export default function NewRoomPage() {
  const t = useText();
  const me = useMe();
  const schools = useLoaded<School[]>("/api/schools");
  return (
    <Page title={t("accounts.new")} isNarrow>
      <WhenLoaded loaded={me}>
        {({ school_id }) => (
          <WhenLoaded loaded={schools}>
            {(all) => <NewRoom schools={all.filter((school) => school.id !== school_id)} />}
          </WhenLoaded>
        )}
      </WhenLoaded>
    </Page>
  );
}

function NewRoom({ schools }: { schools: readonly School[] }) {
  const t = useText();
  const [, navigate] = useLocation();
  const [title, setTitle] = useState("");
  const [description, setDescription] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);

  async function found() {
    const body = { title, description, school_ids: chosen };
    const { id } = await api.post<{ id: string }>("/api/rooms", body);
    navigate(`/rooms/${id}/people`);
  }

  return (
    <div className={style.stack}>
      <h1 className={style.welcome}>{t("accounts.new")}</h1>
      <Card>
        <SendForm action={t("accounts.new.action")} onSubmit={found} wide>
          <TextField
            label={t("accounts.new.title")}
            isRequired
            maxLength={200}
            value={title}
            onChange={setTitle}
          />
          <TextArea
            label={t("accounts.new.description")}
            maxLength={4000}
            value={description}
            onChange={setDescription}
          />
          <CheckboxGroup value={chosen} onChange={setChosen} className={style.choices ?? ""}>
            <Label className={style.choicesLabel ?? ""}>{t("accounts.new.partners")}</Label>
            {schools.length === 0 && <p className={style.soft}>{t("accounts.new.no_partners")}</p>}
            {schools.map((school) => (
              <SchoolChoice key={school.id} school={school} />
            ))}
          </CheckboxGroup>
          <p className={style.soft}>{t("accounts.new.hint")}</p>
        </SendForm>
      </Card>
    </div>
  );
}

function SchoolChoice({ school }: { school: School }) {
  return (
    <Checkbox value={school.id}>
      {school.name}
      <span className={style.soft}>
        {" "}
        {[school.city, countryName(school.country)].filter(Boolean).join(", ")}
      </span>
    </Checkbox>
  );
}
