import { CornerUpLeft, Ellipsis, Link as LinkIcon, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { isTeacher, useRoom } from "../room/context";
import { IconButton } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Menu, MenuItem } from "../ui/menu";
import { toast } from "../ui/toast";
import { useNameOf } from "./channels";
import style from "./chat.module.css";
import { startEdit, startReply, usePlace } from "./draft";
import { useMayWrite } from "./hours";
import { ReactButton } from "./reactions";
import type { Message } from "./store";

/** Offer what this person can do with a message. */
export function MessageActions({ message }: { message: Message }) {
  const t = useText();
  const { you, href, send } = useRoom();
  const errorText = useErrorText();
  const nameOf = useNameOf();
  const place = usePlace(message.channel_id);
  const mayWrite = useMayWrite(message.channel_id);
  const isMine = message.author_id === you.member_id;
  const mayRemove = isMine ? you.role !== "moderator" : isTeacher(you.role);
  const [isRemoving, setRemoving] = useState(false);
  // Browsers have no clipboard for pages that came over plain HTTP.
  const canCopy = "clipboard" in navigator;

  async function copyLink() {
    const path = href(`chat/${message.channel_id}/${message.id}`);
    try {
      await navigator.clipboard.writeText(new URL(path, location.href).href);
      toast(t("chat.link_copied"));
    } catch (reason) {
      toast(errorText(reason));
    }
  }

  return (
    <div className={style.actions}>
      {mayWrite && <ReactButton message={message} />}
      {mayWrite && (
        <IconButton
          icon={CornerUpLeft}
          label={t("chat.reply")}
          onPress={() => startReply(place, message)}
        />
      )}
      {(canCopy || mayRemove) && (
        <Menu
          aria-label={t("ui.more")}
          placement="bottom end"
          button={<IconButton icon={Ellipsis} label={t("ui.more")} />}
        >
          {canCopy && (
            <MenuItem icon={LinkIcon} onAction={() => void copyLink()}>
              {t("chat.copy_link")}
            </MenuItem>
          )}
          {isMine && mayWrite && (
            <MenuItem icon={Pencil} onAction={() => startEdit(place, message, nameOf)}>
              {t("chat.edit")}
            </MenuItem>
          )}
          {mayRemove && (
            <MenuItem icon={Trash2} isRisky onAction={() => setRemoving(true)}>
              {t("chat.remove")}
            </MenuItem>
          )}
        </Menu>
      )}
      <FormDialog
        title={t("chat.remove.title")}
        action={t("chat.remove")}
        variant="danger"
        isOpen={isRemoving}
        onOpenChange={setRemoving}
        onSubmit={() => send("chat.delete", { message_id: message.id })}
      >
        <p>{t(isMine ? "chat.remove.mine" : "chat.remove.others")}</p>
      </FormDialog>
    </div>
  );
}
