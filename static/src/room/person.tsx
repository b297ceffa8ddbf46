import type { ReactNode } from "react";
import { Avatar, SchoolBadge } from "../ui/avatar";
import { useMember, useSchoolOf } from "./directory";
import style from "./room.module.css";
import { useRoomState } from "./store";

/** Draw a member's avatar by their id; who is here now is marked unless `plain`. */
export function MemberAvatar({
  id,
  size = 36,
  plain,
}: {
  id: string;
  size?: number;
  plain?: boolean;
}) {
  const member = useMember(id);
  const school = useSchoolOf(id);
  const isHere = useRoomState((state) => id in state.present);
  return (
    <Avatar
      person={member ?? { creature: "", tint: 0 }}
      hue={school?.hue ?? 0}
      size={size}
      isHere={isHere && !plain}
    />
  );
}

/** Write a member's name, in the room's words; someone nobody has told of has none. */
export function MemberName({ id }: { id: string }) {
  return <>{useMember(id)?.name ?? "…"}</>;
}

/** Draw a member in a row: avatar, name, and below it their school, or what `children` say. */
export function Person({
  id,
  size = 36,
  children,
}: {
  id: string;
  size?: number;
  children?: ReactNode;
}) {
  const school = useSchoolOf(id);
  return (
    <span className={style.person}>
      <MemberAvatar id={id} size={size} />
      <span className={style.personWords}>
        <span className={style.personName}>
          <MemberName id={id} />
        </span>
        <span className={style.personMore}>
          {children ?? (school && <SchoolBadge school={school} />)}
        </span>
      </span>
    </span>
  );
}
