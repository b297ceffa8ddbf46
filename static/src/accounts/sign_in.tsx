import { IdCard } from "lucide-react";
import { useState } from "react";
import { api } from "../api";
import { useText } from "../i18n/text";
import { ButtonLink } from "../ui/button";
import { TextField } from "../ui/field";
import { Card, Page } from "../ui/page";
import style from "./accounts.module.css";
import { SendForm } from "./frame";
import { safeNext } from "./me";

export default function SignInPage() {
  const t = useText();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");

  async function signIn() {
    await api.post("/api/sign-in", { email, password });
    // Loaded anew: what another person left in memory is gone.
    location.replace(safeNext(location.search));
  }

  return (
    <Page title={t("accounts.sign_in")} isNarrow>
      <div className={style.stack}>
        <h1 className={style.welcome}>{t("accounts.welcome")}</h1>
        <Card>
          <div className={style.form}>
            <h2>{t("accounts.pupil")}</h2>
            <p>{t("accounts.pupil.hint")}</p>
            <ButtonLink href="/join" variant="primary" icon={IdCard} wide>
              {t("accounts.join.action")}
            </ButtonLink>
          </div>
        </Card>
        <Card>
          <h2>{t("accounts.staff")}</h2>
          <SendForm action={t("accounts.sign_in")} onSubmit={signIn} wide>
            <TextField
              label={t("accounts.email")}
              type="email"
              autoComplete="username"
              isRequired
              value={email}
              onChange={setEmail}
            />
            <TextField
              label={t("accounts.password")}
              type="password"
              autoComplete="current-password"
              isRequired
              value={password}
              onChange={setPassword}
            />
          </SendForm>
        </Card>
        <p className={style.soft}>{t("accounts.sign_in.help")}</p>
      </div>
    </Page>
  );
}
