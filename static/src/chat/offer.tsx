import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import type { Member } from "../room/directory";
import { MemberAvatar } from "../room/person";
import { useAudience } from "./channels";
import style from "./chat.module.css";
import { nameBefore } from "./text";

const OFFERED_MAX = 6;

/** Offer those whose name begins like what is being written after an `@`. */
export function useOffer(channelId: string, text: string, caret: number, isDismissed: boolean) {
  const { you } = useRoom();
  const audience = useAudience(channelId);
  const found = isDismissed ? null : nameBefore(text, caret);
  if (!found) return null;
  const typed = found.typed.toLocaleLowerCase();
  const members = audience
    .filter(({ id, name }) => {
      const known = name.toLocaleLowerCase();
      return id !== you.member_id && (known.startsWith(typed) || known.includes(` ${typed}`));
    })
    .slice(0, OFFERED_MAX);
  return members.length > 0 ? { ...found, members } : null;
}

/** Draw the names that are offered; the text field keeps the focus and names the current one. */
export function OfferList({
  id,
  members,
  current,
  onChoose,
}: {
  id: string;
  members: readonly Member[];
  current: Member | undefined;
  onChoose: (member: Member) => void;
}) {
  const t = useText();
  return (
    <div id={id} role="listbox" aria-label={t("chat.mention")} className={style.offer}>
      {members.map((member) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the text field has the focus and the keys
        <div
          key={member.id}
          id={`${id}-${member.id}`}
          role="option"
          tabIndex={-1}
          aria-selected={member === current}
          className={style.offered}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(member)}
        >
          <MemberAvatar id={member.id} size={28} plain />
          {member.name}
        </div>
      ))}
    </div>
  );
}
