import { EllipsisVertical, IdCard, Pencil, ShieldCheck, UserMinus } from "lucide-react";
import { useState } from "react";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { isTeacher, useRoom } from "../room/context";
import type { Member } from "../room/directory";
import { IconButton } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { Menu, MenuItem } from "../ui/menu";
import { toast } from "../ui/toast";
import { keepCard, pileOf, usePeople } from "./store";
import { roleText } from "./words";

const OTHER_ROLE = {
  "teacher-admin": "teacher",
  teacher: "teacher-admin",
  "pupil-admin": "pupil",
  pupil: "pupil-admin",
} as const;

type Asking = "rename" | "reset" | "remove" | null;

/** Offer what this person may do about a member; draws nothing when that is nothing. */
export function MemberMenu({ member }: { member: Member }) {
  const t = useText();
  const errorText = useErrorText();
  const room = useRoom();
  const { you, send } = room;
  const [asking, setAsking] = useState<Asking>(null);
  const leads = you.role === "teacher-admin";
  const isPupil = member.role === "pupil" || member.role === "pupil-admin";
  const isMine = isPupil && member.school_id === you.school_id;
  const isMe = member.id === you.member_id;
  const manages = member.role !== "moderator" && isTeacher(you.role) && (leads || isMine);
  if (!manages && !(isMe && isTeacher(you.role))) return null;
  const other = OTHER_ROLE[member.role as keyof typeof OTHER_ROLE];

  async function setRole() {
    try {
      await send("people.set_role", { member_id: member.id, role: other });
    } catch (reason) {
      toast(errorText(reason));
    }
  }

  const dialog = {
    isOpen: true,
    onOpenChange: (isOpen: boolean) => {
      if (!isOpen) setAsking(null);
    },
  };
  return (
    <>
      <Menu
        aria-label={t("people.more", { name: member.name })}
        placement="bottom end"
        button={
          <IconButton icon={EllipsisVertical} label={t("people.more", { name: member.name })} />
        }
      >
        <MenuItem icon={Pencil} onAction={() => setAsking("rename")}>
          {t("people.rename")}
        </MenuItem>
        {isPupil && (
          <MenuItem icon={IdCard} onAction={() => setAsking("reset")}>
            {t("people.reset")}
          </MenuItem>
        )}
        {leads && other && (
          <MenuItem icon={ShieldCheck} onAction={() => void setRole()}>
            {t("people.set_role", { role: roleText(t, other) })}
          </MenuItem>
        )}
        {manages && (
          <MenuItem icon={UserMinus} isRisky onAction={() => setAsking("remove")}>
            {t("people.remove")}
          </MenuItem>
        )}
      </Menu>
      {asking === "rename" && <RenameDialog member={member} asksReal={isMine} {...dialog} />}
      {asking === "reset" && (
        <FormDialog
          {...dialog}
          title={t("people.reset")}
          action={t("people.reset")}
          onSubmit={async () => {
            const reply = await send("people.reset_card", { member_id: member.id });
            keepCard(pileOf(room), reply, member.id);
          }}
        >
          <p>{t("people.reset.sure", { name: member.name })}</p>
        </FormDialog>
      )}
      {asking === "remove" && (
        <FormDialog
          {...dialog}
          title={t("people.remove")}
          action={t("people.remove")}
          variant="danger"
          onSubmit={() => send("people.remove", { member_id: member.id })}
        >
          <p>{t("people.remove.sure", { name: member.name })}</p>
        </FormDialog>
      )}
    </>
  );
}

function RenameDialog({
  member,
  asksReal,
  ...dialog
}: {
  member: Member;
  asksReal: boolean;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}) {
  const t = useText();
  const { send } = useRoom();
  const known = usePeople((state) => state.roster[member.id]);
  const [name, setName] = useState(member.name);
  const [realName, setRealName] = useState(known ?? "");
  return (
    <FormDialog
      {...dialog}
      title={t("people.rename")}
      action={t("people.teams.save")}
      onSubmit={() =>
        send("people.rename", {
          member_id: member.id,
          name,
          real_name: asksReal ? realName : null,
        })
      }
    >
      <TextField
        label={t("people.rename.name")}
        isRequired
        maxLength={60}
        value={name}
        onChange={setName}
        autoFocus
      />
      {asksReal && (
        <TextField
          label={t("people.rename.real")}
          hint={t("people.rename.real.hint")}
          maxLength={120}
          value={realName}
          onChange={setRealName}
        />
      )}
    </FormDialog>
  );
}
