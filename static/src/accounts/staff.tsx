import { KeyRound, UserPlus } from "lucide-react";
import { useState } from "react";
import { api } from "../api";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Select, TextField } from "../ui/field";
import { Badge } from "../ui/marks";
import { DateTime } from "../ui/time";
import { toast } from "../ui/toast";
import style from "./accounts.module.css";
import { LinkDialog } from "./link_dialog";
import { ADMINISTRATION, type Part, type Staff } from "./overview";

/** List the accounts and the open invitations, and invite more people. */
export function StaffList({ overview, again }: Part) {
  const t = useText();
  const errorText = useErrorText();
  const [link, setLink] = useState<string | null>(null);
  const schoolName = (id: string | null) => overview.schools.find((one) => one.id === id)?.name;

  async function act(work: Promise<unknown>) {
    try {
      await work;
      again();
    } catch (reason) {
      toast(errorText(reason));
    }
  }

  async function passwordLink(id: string) {
    const made = await api.post<{ link: string }>(`${ADMINISTRATION}/staff/${id}/password`);
    setLink(made.link);
  }

  const shut = (id: string, disabled: boolean) =>
    api.post(`${ADMINISTRATION}/staff/${id}`, { disabled });

  return (
    <>
      <div className={style.row}>
        <InviteDialog overview={overview} again={again} onLink={setLink} />
      </div>
      {link !== null && <LinkDialog link={link} onClose={() => setLink(null)} />}
      <ul className={style.list}>
        {overview.staff.map((one) => (
          <li key={one.id} className={style.item}>
            <span className={style.itemWords}>
              <span>
                {one.name} <Badge>{t("accounts.kind", { kind: one.kind })}</Badge>{" "}
                {one.disabled && <Badge tone="bad">{t("accounts.staff.shut")}</Badge>}
              </span>
              <span className={style.soft}>
                {[one.email, schoolName(one.school_id), one.countries.join(" ")]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
            <Button icon={KeyRound} onPress={() => void act(passwordLink(one.id))}>
              {t("accounts.staff.password")}
            </Button>
            {one.disabled ? (
              <Button variant="quiet" onPress={() => void act(shut(one.id, false))}>
                {t("accounts.staff.open")}
              </Button>
            ) : (
              <FormDialog
                title={t("accounts.staff.close")}
                action={t("accounts.staff.close")}
                variant="danger"
                button={<Button variant="quiet">{t("accounts.staff.close")}</Button>}
                onSubmit={() => shut(one.id, true).then(again)}
              >
                <p>{t("accounts.staff.close.sure", { name: one.name })}</p>
              </FormDialog>
            )}
          </li>
        ))}
      </ul>
      {overview.invitations.length > 0 && <h2>{t("accounts.invitations")}</h2>}
      <ul className={style.list}>
        {overview.invitations.map((one) => (
          <li key={one.id} className={style.item}>
            <span className={style.itemWords}>
              <span>
                {one.email || t("accounts.invitations.anyone")}{" "}
                <Badge>{t("accounts.kind", { kind: one.kind })}</Badge>
              </span>
              <span className={style.soft}>
                {one.school_id && `${schoolName(one.school_id)} · `}
                {t("accounts.invitations.until")} <DateTime at={one.expires_at} />
              </span>
            </span>
            <Button
              onPress={() => void act(api.post(`${ADMINISTRATION}/invitations/${one.id}/revoke`))}
            >
              {t("accounts.invitations.revoke")}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

function InviteDialog({ overview, again, onLink }: Part & { onLink: (link: string) => void }) {
  const t = useText();

  async function invite(form: FormData) {
    const made = await api.post<{ link: string }>(`${ADMINISTRATION}/invitations`, {
      kind: form.get("kind"),
      email: String(form.get("email")).trim(),
      school_id: form.get("school"), // a teacher's
      countries: String(form.get("countries") ?? "") // a moderator's
        .toUpperCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    });
    onLink(made.link);
    again();
  }

  return (
    <FormDialog
      title={t("accounts.staff.invite")}
      action={t("accounts.staff.make_link")}
      onSubmit={invite}
      button={
        <Button variant="primary" icon={UserPlus}>
          {t("accounts.staff.invite")}
        </Button>
      }
    >
      <InviteFields overview={overview} />
    </FormDialog>
  );
}

/** Ask whom to invite; it stands in the form alone, which begins anew when it opens. */
function InviteFields({ overview }: Pick<Part, "overview">) {
  const t = useText();
  const [kind, setKind] = useState<Staff["kind"]>("teacher");
  const [school, setSchool] = useState<string | null>(null);
  return (
    <>
      <Select
        name="kind"
        label={t("accounts.staff.kind")}
        options={(["teacher", "moderator", "administrator"] as const).map((id) => ({
          id,
          text: t("accounts.kind", { kind: id }),
        }))}
        value={kind}
        onChange={setKind}
      />
      <TextField
        name="email"
        label={t("accounts.email")}
        hint={t("accounts.staff.email.hint")}
        type="email"
        autoComplete="off"
      />
      {kind === "teacher" && (
        <Select
          isRequired
          name="school"
          label={t("accounts.staff.school")}
          options={overview.schools.map(({ id, name }) => ({ id, text: name }))}
          value={school}
          onChange={setSchool}
        />
      )}
      {kind === "moderator" && (
        <TextField
          isRequired
          name="countries"
          label={t("accounts.staff.countries")}
          hint={t("accounts.staff.countries.hint")}
          autoComplete="off"
        />
      )}
    </>
  );
}
