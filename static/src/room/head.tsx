import { Eye, Footprints, MessageCircle, Users } from "lucide-react";
import { Link, Button as Pressable } from "react-aria-components";
import { useTargetTitle } from "../docs/store";
import type { Place, Present } from "../frames";
import { useText } from "../i18n/text";
import { SchoolBadge } from "../ui/avatar";
import { IconButton, IconToggle } from "../ui/button";
import { SavedSign } from "../ui/marks";
import { Panel } from "../ui/menu";
import { useRoom } from "./context";
import { useDirectory, useMember } from "./directory";
import { canDock, toggleDock, useDock } from "./dock_state";
import { useHead } from "./head_state";
import { MemberAvatar, Person } from "./person";
import style from "./room.module.css";
import { useSavedSign } from "./saved";
import { follow, pathOf, useRoomState } from "./store";
import { TOOLS } from "./tools";

const FACES = 4;

/**
 * Draw the line above the work: the project, whether all is saved, and who is here.
 *
 * Draws nothing while the work has these in a line of its own.
 */
export function Head({ place }: { place: Place }) {
  const t = useText();
  const isTaken = useHead((state) => state.isTaken);
  const room = useRoomState((state) => state.room);
  const schools = useDirectory((state) => state.schools);
  const isDockOpen = useDock((state) => state.isOpen);
  const { you } = useRoom();
  if (isTaken) return null;
  return (
    <header className={style.head}>
      <div className={style.project}>
        <span className={style.projectTitle}>{room?.title}</span>
        <span className={style.schools}>
          {Object.values(schools).map((school) => (
            <SchoolBadge key={school.id} school={school} />
          ))}
        </span>
      </div>
      <HeadSaved />
      {canDock(place, you.role) && (
        <span className={style.onlyWide}>
          <IconToggle
            icon={MessageCircle}
            label={t(isDockOpen ? "room.dock.close" : "room.dock.open")}
            isSelected={isDockOpen}
            onChange={toggleDock}
          />
        </span>
      )}
      {you.role !== "visitor" && <WhoIsHere />}
    </header>
  );
}

/** Tell whether what is being written is kept; draws nothing while nothing is. */
export function HeadSaved() {
  const sign = useSavedSign();
  return sign && <SavedSign {...sign} />;
}

/** Count those who are in the room, with the first faces; the panel says where each of them is. */
export function WhoIsHere({ faces: shown = FACES }: { faces?: number }) {
  const t = useText();
  const { you } = useRoom();
  const present = Object.values(useRoomState((state) => state.present));
  const others = present.filter((one) => one.member_id !== you.member_id);
  const faces = [...others, ...present.filter((one) => one.member_id === you.member_id)];
  return (
    <Panel
      label={t("room.here")}
      placement="bottom end"
      button={
        <Pressable className={style.here ?? ""}>
          {shown > 0 && (
            <span className={style.stack}>
              {faces.slice(0, shown).map((one) => (
                <MemberAvatar key={one.member_id} id={one.member_id} size={30} plain />
              ))}
            </span>
          )}
          <Users aria-hidden size={18} />
          <span aria-hidden>{present.length}</span>
          <span className="unseen">
            {t("room.here")}: {t("room.here.count", { count: present.length })}
          </span>
        </Pressable>
      }
    >
      {(close) => (
        <ul className={style.people}>
          {faces.map((one) => (
            <PresentRow key={one.member_id} present={one} close={close} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Draw one who is here: press to go where they are, or follow them. */
export function PresentRow({ present, close }: { present: Present; close?: () => void }) {
  const t = useText();
  const { you, href } = useRoom();
  const member = useMember(present.member_id);
  const name = member?.name ?? "…";
  const target = useTargetTitle(present.target);
  const tool = TOOLS.find((one) => one.name === present.tool);
  const place = target ?? (tool ? t(tool.title) : "");
  if (present.member_id === you.member_id) {
    return (
      <li className={style.row}>
        <span className={style.rowLink}>
          <Person id={present.member_id}>{t("room.here.you", { place })}</Person>
        </span>
      </li>
    );
  }
  return (
    <li className={style.row}>
      <Link
        href={href(pathOf(present))}
        aria-label={t("room.here.go", { name, place })}
        className={style.rowLink ?? ""}
        onPress={() => close?.()}
      >
        <Person id={present.member_id}>
          {member?.role === "moderator" && <Eye aria-hidden size={14} />} {place}
        </Person>
      </Link>
      <IconButton
        icon={Footprints}
        label={t("room.here.follow", { name })}
        onPress={() => {
          follow(present.member_id);
          close?.();
        }}
      />
    </li>
  );
}
