import { SearchX } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { MemberAvatar } from "../room/person";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { SearchField } from "../ui/field";
import { Link } from "../ui/link";
import { EmptyState, SkeletonList } from "../ui/marks";
import { Pane } from "../ui/page";
import { DateTime } from "../ui/time";
import { useChannelName, useNameOf } from "./channels";
import style from "./chat.module.css";
import type { Message } from "./store";
import { plain } from "./text";

interface Results {
  messages: readonly Message[];
  more: boolean;
}

/** Find messages in all channels that one sees; the address holds what was looked for. */
export function SearchView() {
  const t = useText();
  const { href } = useRoom();
  const [params, setParams] = useSearchParams();
  const query = params.get("q") ?? "";
  const [typed, setTyped] = useState(query);

  function submit(event: FormEvent) {
    event.preventDefault();
    setParams(typed.trim() ? { q: typed.trim() } : {}, { replace: true });
  }

  return (
    <Pane title={t("chat.search")} back={{ href: href("chat"), label: t("chat.title") }}>
      <form onSubmit={submit} className={style.searchForm}>
        <SearchField
          autoFocus
          label={t("chat.search.label")}
          value={typed}
          onChange={setTyped}
          maxLength={200}
        />
        <Button type="submit" variant="primary">
          {t("chat.search.go")}
        </Button>
      </form>
      {query && <Found key={query} query={query} />}
    </Pane>
  );
}

function Found({ query }: { query: string }) {
  const t = useText();
  const { ask } = useRoom();
  const errorText = useErrorText();
  const [found, setFound] = useState<Results | null>(null);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    let isWanted = true;
    ask("chat.search", { query }).then(
      (first) => isWanted && setFound(first),
      (reason: unknown) => isWanted && setError(reason),
    );
    return () => {
      isWanted = false;
    };
  }, [ask, query]);

  async function more() {
    const before = found?.messages.at(-1)?.seq;
    if (!found || before === undefined) return;
    try {
      const next = await ask("chat.search", { query, before });
      setFound({ messages: [...found.messages, ...next.messages], more: next.more });
    } catch (reason) {
      setError(reason);
    }
  }

  if (error !== null && !found) return <Banner tone="bad">{errorText(error)}</Banner>;
  if (!found) return <SkeletonList rows={4} />;
  if (found.messages.length === 0) {
    return (
      <EmptyState icon={SearchX} title={t("chat.search.nothing")}>
        {t("chat.search.nothing.hint")}
      </EmptyState>
    );
  }
  return (
    <>
      <p role="status" className={style.hint}>
        {t("chat.search.found", { count: found.messages.length, more: found.more ? "yes" : "no" })}
      </p>
      <ul className={style.results}>
        {found.messages.map((message) => (
          <Result key={message.id} message={message} />
        ))}
      </ul>
      {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
      {found.more && <Button onPress={() => void more()}>{t("chat.search.more")}</Button>}
    </>
  );
}

function Result({ message }: { message: Message }) {
  const { href } = useRoom();
  const nameOf = useNameOf();
  const channelName = useChannelName();
  return (
    <li>
      <Link href={href(`chat/${message.channel_id}/${message.id}`)} className={style.result ?? ""}>
        <MemberAvatar id={message.author_id} size={36} plain />
        <span className={style.resultBody}>
          <span className={style.resultHead}>
            <strong>{nameOf(message.author_id)}</strong>
            <span>{channelName(message.channel_id)}</span>
            <DateTime at={message.at} />
          </span>
          <span className={style.resultText}>{plain(message.text, nameOf)}</span>
        </span>
      </Link>
    </li>
  );
}
