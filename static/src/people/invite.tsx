import { MailPlus } from "lucide-react";
import { useState } from "react";
import { LinkDialog } from "../accounts/link_dialog";
import { api } from "../api";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { useDirectory } from "../room/directory";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Select } from "../ui/field";
import { roleText } from "./words";

const ROLES = ["teacher", "teacher-admin", "visitor"] as const;

/** Make a link that lets one adult of a school into the room. */
export function InviteTeacher() {
  const t = useText();
  const { you, connection } = useRoom();
  const schools = Object.values(useDirectory((state) => state.schools));
  const partner = schools.find((one) => one.id !== you.school_id) ?? schools[0];
  const [school, setSchool] = useState<string | null>(partner?.id ?? null);
  const [role, setRole] = useState<(typeof ROLES)[number]>("teacher");
  const [link, setLink] = useState<string | null>(null);

  async function invite() {
    const path = `/api/rooms/${connection.roomId}/invitations`;
    const made = await api.post<{ link: string }>(path, { school_id: school, role });
    setLink(made.link);
  }

  return (
    <>
      <FormDialog
        title={t("people.invite")}
        action={t("people.invite.action")}
        onSubmit={invite}
        button={<Button icon={MailPlus}>{t("people.invite")}</Button>}
      >
        <Select
          label={t("people.add.school")}
          options={schools.map(({ id, name }) => ({ id, text: name }))}
          value={school}
          onChange={setSchool}
        />
        <Select
          label={t("people.invite.role")}
          options={ROLES.map((id) => ({ id, text: roleText(t, id) }))}
          value={role}
          onChange={setRole}
        />
      </FormDialog>
      {link !== null && <LinkDialog link={link} onClose={() => setLink(null)} />}
    </>
  );
}
