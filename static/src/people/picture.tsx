import { type ReactElement, useState } from "react";
import { Label, ListBox, ListBoxItem } from "react-aria-components";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { useDirectory, useMember, useSchoolOf } from "../room/directory";
import { Avatar } from "../ui/avatar";
import { TINT_COUNT } from "../ui/colours";
import { CREATURES } from "../ui/creatures";
import { FormDialog } from "../ui/dialog";
import style from "./people.module.css";

/** Let a person choose their creature, and a colour and pattern that nobody else has with it. */
export function Picture({ button }: { button: ReactElement }) {
  const t = useText();
  const { send } = useRoom();
  return (
    <FormDialog
      title={t("people.picture")}
      button={button}
      isLarge
      action={t("people.picture.take")}
      onSubmit={(form) =>
        send("people.choose_avatar", {
          creature: String(form.get("creature")),
          tint: Number(form.get("tint")),
        })
      }
    >
      <PictureFields />
    </FormDialog>
  );
}

/** Ask for a picture, beginning with the present one each time that it is asked. */
function PictureFields() {
  const t = useText();
  const { you } = useRoom();
  const me = useMember(you.member_id);
  const hue = useSchoolOf(you.member_id)?.hue ?? 0;
  const members = useDirectory((state) => state.members);
  const [creature, setCreature] = useState<string>(me?.creature ?? "fox");
  const [tint, setTint] = useState(me?.tint ?? 0);
  const taken = new Set(
    Object.values(members)
      .filter((one) => one.id !== you.member_id && one.creature === creature)
      .map((one) => one.tint),
  );

  return (
    <>
      <input type="hidden" name="creature" value={creature} />
      <input type="hidden" name="tint" value={tint} />
      <div className={style.picture}>
        <Avatar person={{ creature, tint }} hue={hue} size={96} />
        <p className={style.soft}>{t("people.picture.hint")}</p>
      </div>
      <div>
        <Label className={style.label ?? ""}>{t("people.picture.creatures")}</Label>
        <ListBox
          aria-label={t("people.picture.creatures")}
          layout="grid"
          orientation="horizontal"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[creature]}
          onSelectionChange={(keys) => setCreature(String([...keys][0]))}
          className={style.grid ?? ""}
        >
          {CREATURES.map((one) => (
            <ListBoxItem
              key={one}
              id={one}
              textValue={t("people.picture.creature", { creature: one })}
              aria-label={t("people.picture.creature", { creature: one })}
              className={style.cell ?? ""}
            >
              <Avatar person={{ creature: one, tint }} hue={hue} size={48} />
            </ListBoxItem>
          ))}
        </ListBox>
      </div>
      <div>
        <Label className={style.label ?? ""}>{t("people.picture.tints")}</Label>
        <ListBox
          aria-label={t("people.picture.tints")}
          layout="grid"
          orientation="horizontal"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[String(tint)]}
          disabledKeys={[...taken].map(String)}
          onSelectionChange={(keys) => setTint(Number([...keys][0]))}
          className={style.grid ?? ""}
        >
          {Array.from({ length: TINT_COUNT }, (_, one) => {
            const name = t("people.picture.tint", { number: one + 1 });
            const label = taken.has(one) ? `${name}, ${t("people.picture.taken")}` : name;
            return (
              <ListBoxItem
                // biome-ignore lint/suspicious/noArrayIndexKey: a tint is its number
                key={one}
                id={String(one)}
                textValue={label}
                aria-label={label}
                className={style.cell ?? ""}
              >
                <Avatar person={{ creature, tint: one }} hue={hue} size={40} />
              </ListBoxItem>
            );
          })}
        </ListBox>
      </div>
    </>
  );
}
