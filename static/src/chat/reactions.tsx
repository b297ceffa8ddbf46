import { SmilePlus } from "lucide-react";
import { Button as Pressable } from "react-aria-components";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { IconButton, Tooltip } from "../ui/button";
import { Panel } from "../ui/menu";
import { toast } from "../ui/toast";
import { classes } from "./author";
import { useNameOf } from "./channels";
import style from "./chat.module.css";
import { useMayWrite } from "./hours";
import { type Emoji, type Message, useChat } from "./store";

function useReact(message: Message): (emoji: Emoji, on: boolean) => void {
  const { send } = useRoom();
  const errorText = useErrorText();
  return (emoji, on) => {
    send("chat.react", { message_id: message.id, emoji, on }).catch((reason: unknown) =>
      toast(errorText(reason)),
    );
  };
}

/** Draw who reacted with what; pressing one joins in or takes one's own back. */
export function ReactionLine({ message, isActive }: { message: Message; isActive: boolean }) {
  const t = useText();
  const nameOf = useNameOf();
  const me = useChat((state) => state.me);
  const mayWrite = useMayWrite(message.channel_id);
  const react = useReact(message);
  return (
    <ul className={style.reactions} aria-label={t("chat.reactions")}>
      {message.reactions.map(({ emoji, member_ids }) => {
        const isMine = member_ids.includes(me);
        const names = member_ids.map(nameOf).join(", ");
        return (
          <li key={emoji}>
            <Tooltip text={names}>
              <Pressable
                className={classes(style.reaction, isMine && style.mine)}
                aria-label={t("chat.reaction", { emoji, count: member_ids.length, names })}
                aria-pressed={isMine}
                isDisabled={!mayWrite}
                excludeFromTabOrder={!isActive}
                onPress={() => react(emoji, !isMine)}
              >
                <span aria-hidden>{emoji}</span>
                <span aria-hidden>{member_ids.length}</span>
              </Pressable>
            </Tooltip>
          </li>
        );
      })}
    </ul>
  );
}

/** Offer the small pictures that one can react with. */
export function ReactButton({ message }: { message: Message }) {
  const t = useText();
  const me = useChat((state) => state.me);
  const emojis = useChat((state) => state.emojis);
  const react = useReact(message);
  const mine = message.reactions.filter((one) => one.member_ids.includes(me));
  return (
    <Panel
      label={t("chat.react")}
      placement="top end"
      button={<IconButton icon={SmilePlus} label={t("chat.react")} />}
    >
      {(close) => (
        <div className={style.emojis}>
          {emojis.map((emoji) => {
            const isOn = mine.some((one) => one.emoji === emoji);
            return (
              <Pressable
                key={emoji}
                className={classes(style.emoji, isOn && style.mine)}
                aria-pressed={isOn}
                onPress={() => {
                  react(emoji, !isOn);
                  close();
                }}
              >
                {emoji}
              </Pressable>
            );
          })}
        </div>
      )}
    </Panel>
  );
}
