import { useState } from "react";
import { SendForm } from "../accounts/frame";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { useRoomState } from "../room/store";
import { Banner } from "../ui/banner";
import { FormDialog } from "../ui/dialog";
import { Radio, RadioGroup, TextArea, TextField } from "../ui/field";
import { Card, Pane } from "../ui/page";
import { toast } from "../ui/toast";
import style from "./people.module.css";

const STATES = ["open", "closed", "archived"] as const;

export default function SettingsView() {
  const t = useText();
  const { you } = useRoom();
  const room = useRoomState((state) => state.room);
  const leads = you.role === "teacher-admin";
  if (!room) return null;
  return (
    <Pane title={t("people.settings")}>
      <div className={style.settings}>
        {!leads && <Banner>{t("people.settings.only")}</Banner>}
        <About saved={room} isReadOnly={!leads || room.state === "archived"} />
        <State state={room.state} isReadOnly={!leads} />
      </div>
    </Pane>
  );
}

function About({
  saved,
  isReadOnly,
}: {
  saved: { title: string; description: string };
  isReadOnly: boolean;
}) {
  const t = useText();
  const { send } = useRoom();
  // What somebody else saves meanwhile goes into the fields that nothing was typed into.
  const [typed, setTyped] = useState<Partial<typeof saved>>({});
  const title = typed.title ?? saved.title;
  const description = typed.description ?? saved.description;

  async function save() {
    await send("people.edit_room", { title, description });
    setTyped((now) => (now === typed ? {} : now)); // unless more was typed
    toast(t("people.settings.saved"));
  }

  return (
    <Card>
      <h2>{t("people.settings.about")}</h2>
      <SendForm action={t("people.settings.save")} onSubmit={save} isReady={!isReadOnly}>
        <TextField
          label={t("people.settings.title")}
          isRequired
          isReadOnly={isReadOnly}
          maxLength={200}
          value={title}
          onChange={(title) => setTyped((now) => ({ ...now, title }))}
        />
        <TextArea
          label={t("people.settings.description")}
          isReadOnly={isReadOnly}
          maxLength={4000}
          rows={4}
          value={description}
          onChange={(description) => setTyped((now) => ({ ...now, description }))}
        />
      </SendForm>
    </Card>
  );
}

function State({ state, isReadOnly }: { state: string; isReadOnly: boolean }) {
  const t = useText();
  const errorText = useErrorText();
  const { send } = useRoom();
  // What would stop everybody from writing is asked about: an arrow key chooses as well.
  const [asked, setAsked] = useState<string | null>(null);

  async function change(next: string) {
    await send("people.set_room_state", { state: next });
    toast(t("people.settings.saved"));
  }

  function choose(next: string) {
    if (next !== "open" && state === "open") setAsked(next);
    else change(next).catch((reason: unknown) => toast(errorText(reason)));
  }

  return (
    <Card>
      <h2>{t("people.settings.state")}</h2>
      <RadioGroup
        label={t("people.settings.state")}
        labelUnseen
        isDisabled={isReadOnly}
        value={state}
        onChange={choose}
      >
        {STATES.map((one) => (
          <Radio key={one} value={one}>
            {t(`people.settings.${one}`)}
          </Radio>
        ))}
      </RadioGroup>
      {asked !== null && (
        <FormDialog
          isOpen
          onOpenChange={() => setAsked(null)}
          title={t("people.settings.shut.title", { state: asked })}
          action={t("people.settings.shut.action", { state: asked })}
          variant="danger"
          onSubmit={() => change(asked)}
        >
          <p>{t("people.settings.shut.text")}</p>
        </FormDialog>
      )}
    </Card>
  );
}
