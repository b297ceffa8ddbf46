import { useState } from "react";
import { useText } from "../i18n/text";
import { Select } from "../ui/field";
import { ChannelBody } from "./channel";
import { EVERYONE, useChannelName } from "./channels";
import style from "./chat.module.css";
import { useChat } from "./store";

/** Show the chat beside another tool: one channel, to choose above it. */
export default function ChatDock() {
  const t = useText();
  const channelName = useChannelName();
  const channels = useChat((state) => state.channels);
  const [place, setPlace] = useState<{ channelId: string; targetId: string | null }>({
    channelId: EVERYONE,
    targetId: null,
  });
  const channelId = channels.some(({ id }) => id === place.channelId) ? place.channelId : EVERYONE;
  return (
    <div className={style.dock}>
      {channels.length > 1 && (
        <div className={style.dockHead}>
          <Select
            label={t("chat.channel")}
            labelUnseen
            value={channelId}
            onChange={(id) => setPlace({ channelId: id, targetId: null })}
            options={channels.map(({ id, unread }) => ({
              id,
              text:
                unread > 0
                  ? t("chat.channel_unread", { channel: channelName(id), count: unread })
                  : channelName(id),
            }))}
          />
        </div>
      )}
      <ChannelBody
        channelId={channelId}
        targetId={place.targetId}
        onJump={(targetId) => setPlace({ channelId, targetId })}
      />
    </div>
  );
}
