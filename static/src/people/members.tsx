import { Palette, UserPlus } from "lucide-react";
import { useState } from "react";
import { useIntl } from "react-intl";
import { useText } from "../i18n/text";
import { isTeacher, useRoom } from "../room/context";
import { type Member, type School, useDirectory } from "../room/directory";
import { MemberAvatar, MemberName } from "../room/person";
import { SchoolBadge } from "../ui/avatar";
import { Button } from "../ui/button";
import { SearchField } from "../ui/field";
import { Badge } from "../ui/marks";
import { AddPupils } from "./add_pupils";
import { InviteTeacher } from "./invite";
import { MemberMenu } from "./member_menu";
import style from "./people.module.css";
import { Picture } from "./picture";
import { RestoreButton } from "./restore";
import { usePeople } from "./store";
import { roleText } from "./words";

const ORDER = ["teacher-admin", "teacher", "pupil-admin", "pupil", "visitor", "moderator"];

/** List who belongs to the room: school by school, teachers first. */
export function Members() {
  const t = useText();
  const { you } = useRoom();
  const { locale } = useIntl();
  const members = useDirectory((state) => state.members);
  const schools = useDirectory((state) => state.schools);
  const roster = usePeople((state) => state.roster);
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLocaleLowerCase(locale);
  const found = Object.values(members)
    .filter((one) =>
      `${one.name} ${roster[one.id] ?? ""}`.toLocaleLowerCase(locale).includes(wanted),
    )
    .sort(
      (a, b) =>
        ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || a.name.localeCompare(b.name, locale),
    );
  const here = found.filter((one) => !one.removed);
  const removed = found.filter((one) => one.removed);
  // My own school first: that is where a teacher's hands are needed.
  const bySchool = Object.values(schools).sort(
    (a, b) =>
      Number(b.id === you.school_id) - Number(a.id === you.school_id) ||
      a.name.localeCompare(b.name, locale),
  );
  const moderators = here.filter((one) => one.school_id === null);

  return (
    <div className={style.stack}>
      <div className={style.bar}>
        <div className={style.search}>
          <SearchField label={t("people.search")} value={search} onChange={setSearch} />
        </div>
        {you.role !== "visitor" && you.role !== "moderator" && (
          <Picture button={<Button icon={Palette}>{t("people.picture")}</Button>} />
        )}
        {you.role === "teacher-admin" && <InviteTeacher />}
        {isTeacher(you.role) && (
          <AddPupils
            button={
              <Button variant="primary" icon={UserPlus}>
                {t("people.add")}
              </Button>
            }
          />
        )}
      </div>
      {found.length === 0 && <p className={style.soft}>{t("people.search.none")}</p>}
      {bySchool.map((school) => (
        <SchoolMembers
          key={school.id}
          school={school}
          members={here.filter((one) => one.school_id === school.id)}
        />
      ))}
      {moderators.length > 0 && (
        <section className={style.section}>
          <h2>{t("people.moderators")}</h2>
          <List members={moderators} />
        </section>
      )}
      {removed.length > 0 && isTeacher(you.role) && (
        <section className={style.section}>
          <h2>{t("people.removed")}</h2>
          <ul className={style.list}>
            {removed.map((one) => (
              <li key={one.id} className={style.member}>
                <Words member={one} />
                <RestoreButton member={one} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function SchoolMembers({ school, members }: { school: School; members: readonly Member[] }) {
  const t = useText();
  if (members.length === 0) return null;
  return (
    <section className={style.section}>
      <h2 className={style.school}>
        <SchoolBadge school={school} />
        <span className={style.soft}>
          {[school.city, t("people.count", { count: members.length })].filter(Boolean).join(" · ")}
        </span>
      </h2>
      <List members={members} />
    </section>
  );
}

function List({ members }: { members: readonly Member[] }) {
  return (
    <ul className={style.list}>
      {members.map((member) => (
        <li key={member.id} className={style.member}>
          <Words member={member} />
          <MemberMenu member={member} />
        </li>
      ))}
    </ul>
  );
}

function Words({ member }: { member: Member }) {
  const t = useText();
  const { you } = useRoom();
  const realName = usePeople((state) => state.roster[member.id]);
  return (
    <>
      <MemberAvatar id={member.id} size={44} plain={member.removed} />
      <span className={style.words}>
        <span className={style.name}>
          <MemberName id={member.id} />{" "}
          {member.id === you.member_id && <Badge tone="good">{t("people.you")}</Badge>}
        </span>
        <span className={style.soft}>
          {[realName, roleText(t, member.role)].filter(Boolean).join(" · ")}
        </span>
      </span>
    </>
  );
}
