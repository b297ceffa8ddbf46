import { CornerUpLeft } from "lucide-react";
import { Button as Pressable } from "react-aria-components";
import { useText } from "../i18n/text";
import { isTeacher } from "../room/context";
import { useMember, useSchoolOf } from "../room/directory";
import { SchoolBadge } from "../ui/avatar";
import { Badge } from "../ui/marks";
import { useNameOf } from "./channels";
import style from "./chat.module.css";
import { useTime } from "./clock";
import type { Reply } from "./store";
import { plain } from "./text";

/** Join the class names that are there. */
export function classes(...names: (string | false | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

/** Draw who wrote and when, above their words. */
export function Author({ id, at, isEdited }: { id: string; at: number; isEdited: boolean }) {
  const t = useText();
  const nameOf = useNameOf();
  const role = useMember(id)?.role ?? "";
  const school = useSchoolOf(id);
  return (
    <div className={style.author}>
      <span className={style.name}>{nameOf(id)}</span>
      {school && <SchoolBadge school={school} short />}
      {isTeacher(role) && <Badge>{t("chat.teacher")}</Badge>}
      <Time at={at} />
      {isEdited && <span className={style.edited}>{t("chat.edited")}</span>}
    </div>
  );
}

export function Time({ at }: { at: number }) {
  const time = useTime();
  return (
    <time className={style.time} dateTime={new Date(at).toISOString()}>
      {time(at)}
    </time>
  );
}

/** Draw what a message answers; pressing it goes there. */
export function Answered({
  reply,
  isActive = false,
  onJump,
}: {
  reply: Reply;
  isActive?: boolean;
  onJump?: (messageId: string) => void;
}) {
  const t = useText();
  const nameOf = useNameOf();
  return (
    <Pressable
      className={style.answered ?? ""}
      excludeFromTabOrder={!isActive}
      {...(onJump ? { onPress: () => onJump(reply.message_id) } : { isDisabled: true })}
    >
      <CornerUpLeft aria-hidden size={16} />
      <span className="unseen">{t("chat.answers")}</span>
      <strong>{nameOf(reply.author_id)}</strong>
      <span className={style.excerpt}>
        {reply.excerpt ? plain(reply.excerpt, nameOf) : t("chat.removed")}
      </span>
    </Pressable>
  );
}
