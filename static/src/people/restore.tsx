import { Undo2 } from "lucide-react";
import { useState } from "react";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import type { Member } from "../room/directory";
import { Button } from "../ui/button";
import { toast } from "../ui/toast";
import { keepCard, pileOf } from "./store";

/** Offer to bring somebody back who was taken out. */
export function RestoreButton({ member }: { member: Member }) {
  const t = useText();
  const errorText = useErrorText();
  const room = useRoom();
  const { send, you } = room;
  const [isPending, setPending] = useState(false);
  const isPupil = member.role === "pupil" || member.role === "pupil-admin";
  if (you.role !== "teacher-admin" && !(isPupil && member.school_id === you.school_id)) return null;

  async function restore() {
    setPending(true);
    try {
      const reply = await send("people.restore", { member_id: member.id });
      if (isPupil) keepCard(pileOf(room), reply, member.id);
    } catch (reason) {
      toast(errorText(reason));
    } finally {
      setPending(false);
    }
  }

  return (
    <Button icon={Undo2} isPending={isPending} onPress={() => void restore()}>
      {t("people.restore")}
    </Button>
  );
}
