import { Link2Off } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "../api";
import { useErrorText } from "../i18n/errors";
import { useLanguage } from "../i18n/language";
import { useText } from "../i18n/text";
import { Banner } from "../ui/banner";
import { Button, ButtonLink } from "../ui/button";
import { TextField } from "../ui/field";
import { EmptyState, SkeletonList } from "../ui/marks";
import { Card, Page } from "../ui/page";
import style from "./accounts.module.css";
import { useFragment } from "./fragment";
import { SendForm } from "./frame";
import { useMe } from "./me";

interface LinkFacts {
  purpose: "account" | "sign-in" | "password";
  kind: "administrator" | "teacher" | "moderator" | "visitor" | "";
  email: string;
  school: string;
  room: string;
  role: string;
}

type State = { facts: LinkFacts } | { reason: unknown } | null;

export default function LinkPage() {
  const t = useText();
  const token = useFragment();
  return (
    <Page title={t("accounts.link")} isNarrow>
      <h1 className="unseen">{t("accounts.link")}</h1>
      <OneLink key={token} token={token} />
    </Page>
  );
}

function OneLink({ token }: { token: string }) {
  const t = useText();
  const errorText = useErrorText();
  const [state, setState] = useState<State>(null);
  const asked = useRef(false);

  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    async function look() {
      const facts = await api.post<LinkFacts>("/api/link", { token });
      if (facts.purpose === "sign-in") {
        await api.post("/api/link/sign-in", { token });
        location.replace("/");
        return;
      }
      setState({ facts });
    }
    look().catch((reason: unknown) => setState({ reason }));
  }, [token]);

  return (
    <>
      {state === null && <SkeletonList rows={3} />}
      {state !== null && "reason" in state && (
        <EmptyState
          icon={Link2Off}
          title={t("accounts.link.broken")}
          action={
            <ButtonLink href="/" variant="primary">
              {t("pages.home")}
            </ButtonLink>
          }
        >
          {errorText(state.reason)}
        </EmptyState>
      )}
      {state !== null && "facts" in state && state.facts.purpose === "account" && (
        <Invitation token={token} facts={state.facts} />
      )}
      {state !== null && "facts" in state && state.facts.purpose === "password" && (
        <NewPassword token={token} />
      )}
    </>
  );
}

function Invitation({ token, facts }: { token: string; facts: LinkFacts }) {
  const t = useText();
  const me = useMe();
  const language = useLanguage((state) => state.language);
  const [name, setName] = useState("");
  const [email, setEmail] = useState(facts.email);
  const [password, setPassword] = useState("");
  const mine = me.state === "here" && me.value.kind !== "pupil" ? me.value : null;

  async function accept() {
    await api.post("/api/link/accept", { token, name, email, password, language });
    location.replace("/");
  }

  return (
    <div className={style.stack}>
      <h2 className={style.welcome}>
        {facts.room
          ? t("accounts.link.room", { room: facts.room })
          : t("accounts.link.account", { kind: facts.kind })}
      </h2>
      {facts.school && <p className={style.soft}>{facts.school}</p>}
      {facts.room && mine && <JoinAs token={token} name={mine.name} />}
      <Card>
        <h3>{t(facts.room ? "accounts.link.new" : "accounts.link.you")}</h3>
        <SendForm action={t("accounts.link.accept")} onSubmit={accept} wide>
          <TextField
            label={t("accounts.name")}
            hint={t("accounts.name.hint")}
            autoComplete="name"
            isRequired
            maxLength={60}
            value={name}
            onChange={setName}
          />
          <TextField
            label={t("accounts.email")}
            type="email"
            autoComplete="username"
            isRequired
            value={email}
            onChange={setEmail}
          />
          <TextField
            label={t("accounts.password.new")}
            hint={t("accounts.password.hint")}
            type="password"
            autoComplete="new-password"
            isRequired
            minLength={10}
            value={password}
            onChange={setPassword}
          />
        </SendForm>
      </Card>
      {facts.room && !mine && <p className={style.soft}>{t("accounts.link.have_account")}</p>}
    </div>
  );
}

function JoinAs({ token, name }: { token: string; name: string }) {
  const t = useText();
  const errorText = useErrorText();
  const [error, setError] = useState<unknown>(null);
  const [isPending, setPending] = useState(false);

  async function join() {
    setPending(true);
    try {
      const { id } = await api.post<{ id: string }>("/api/link/join", { token });
      location.replace(`/rooms/${id}/`);
    } catch (reason) {
      setError(reason);
      setPending(false);
    }
  }

  return (
    <>
      {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
      <Button variant="primary" wide isPending={isPending} onPress={() => void join()}>
        {t("accounts.link.join", { name })}
      </Button>
    </>
  );
}

function NewPassword({ token }: { token: string }) {
  const t = useText();
  const [password, setPassword] = useState("");

  async function change() {
    await api.post("/api/link/password", { token, password });
    location.replace("/");
  }

  return (
    <div className={style.stack}>
      <h2 className={style.welcome}>{t("accounts.link.password")}</h2>
      <Card>
        <SendForm action={t("accounts.save")} onSubmit={change} wide>
          <TextField
            label={t("accounts.password.new")}
            hint={t("accounts.password.hint")}
            type="password"
            autoComplete="new-password"
            isRequired
            minLength={10}
            value={password}
            onChange={setPassword}
          />
        </SendForm>
      </Card>
    </div>
  );
}
