import { LogOut, MonitorSmartphone } from "lucide-react";
import { useState } from "react";
import { api } from "../api";
import { useErrorText } from "../i18n/errors";
import { chooseLanguage, LANGUAGE_NAMES, LANGUAGES, useLanguage } from "../i18n/language";
import { useText } from "../i18n/text";
import { Button } from "../ui/button";
import { Select, TextField } from "../ui/field";
import { Badge } from "../ui/marks";
import { Card, Page } from "../ui/page";
import { DateTime } from "../ui/time";
import { toast } from "../ui/toast";
import style from "./accounts.module.css";
import { SendForm, SignOutButton, WhenLoaded } from "./frame";
import { type Me, useLoaded, useMe, useSignOut } from "./me";

interface Session {
  id: string;
  device: string;
  created_at: number;
  last_seen_at: number;
  here: boolean;
}

export default function AccountPage() {
  const t = useText();
  const me = useMe();
  return (
    <Page title={t("accounts.account")} actions={me.state === "here" && <SignOutButton />}>
      <WhenLoaded loaded={me}>
        {(value) => (
          <div className={style.stack}>
            <h1 className={style.welcome}>{t("accounts.account")}</h1>
            <div className={style.cards}>
              <About me={value} />
              {value.kind !== "pupil" && <Password />}
              <Sessions />
            </div>
          </div>
        )}
      </WhenLoaded>
    </Page>
  );
}

function About({ me }: { me: Me }) {
  const t = useText();
  const language = useLanguage((state) => state.language);
  const [name, setName] = useState(me.name);

  async function save() {
    await api.post("/api/me", { name });
    toast(t("accounts.saved"));
  }

  return (
    <Card>
      <h2>{t("accounts.about")}</h2>
      <div className={style.form}>
        {me.kind === "pupil" ? (
          <p>{t("accounts.about.pupil", { name: me.name })}</p>
        ) : (
          <SendForm action={t("accounts.save")} onSubmit={save} isReady={name.trim() !== ""}>
            <p className={style.soft}>{me.email}</p>
            <TextField
              label={t("accounts.name")}
              hint={t("accounts.about.name")}
              maxLength={60}
              isRequired
              value={name}
              onChange={setName}
            />
          </SendForm>
        )}
        <Select
          label={t("ui.language")}
          options={LANGUAGES.map((one) => ({ id: one, text: LANGUAGE_NAMES[one] }))}
          value={language}
          onChange={(chosen) => void chooseLanguage(chosen)}
        />
      </div>
    </Card>
  );
}

function Password() {
  const t = useText();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");

  async function change() {
    await api.post("/api/account/password", { current, new: next });
    setCurrent("");
    setNext("");
    toast(t("accounts.password.changed"));
  }

  return (
    <Card>
      <h2>{t("accounts.password.change")}</h2>
      <SendForm
        action={t("accounts.password.change")}
        onSubmit={change}
        isReady={current !== "" && next !== ""}
      >
        <TextField
          label={t("accounts.password.current")}
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={setCurrent}
        />
        <TextField
          label={t("accounts.password.new")}
          hint={t("accounts.password.hint")}
          type="password"
          autoComplete="new-password"
          minLength={10}
          value={next}
          onChange={setNext}
        />
      </SendForm>
    </Card>
  );
}

function Sessions() {
  const t = useText();
  const errorText = useErrorText();
  const signOut = useSignOut();
  const sessions = useLoaded<Session[]>("/api/account/sessions");

  async function end(id: string) {
    try {
      await api.post("/api/account/sessions/end", { session_id: id });
      sessions.again();
    } catch (reason) {
      toast(errorText(reason));
    }
  }

  return (
    <Card>
      <h2>{t("accounts.sessions")}</h2>
      <WhenLoaded loaded={sessions}>
        {(list) => (
          <ul className={style.list}>
            {list.map((session) => (
              <li key={session.id} className={style.item}>
                <MonitorSmartphone aria-hidden size={20} />
                <span className={style.itemWords}>
                  <span>{session.device || t("accounts.sessions.unknown")}</span>
                  <span className={style.soft}>
                    <DateTime at={session.last_seen_at} />
                  </span>
                </span>
                {session.here ? (
                  <Badge tone="good">{t("accounts.sessions.here")}</Badge>
                ) : (
                  <Button onPress={() => void end(session.id)}>{t("accounts.sign_out")}</Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </WhenLoaded>
      <Button icon={LogOut} onPress={() => signOut(true)}>
        {t("accounts.sign_out.everywhere")}
      </Button>
    </Card>
  );
}
