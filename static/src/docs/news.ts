import { useEffect, useState } from "react";
import { useConnection } from "../connection";
import { useText } from "../i18n/text";
import type { Written } from "../protocol";
import { useRoom } from "../room/context";
import { useDirectory } from "../room/directory";
import type { News } from "../room/tool";
import { useDocs } from "./store";

/** List the documents that others made or wrote in after `since`: each once, new ones as new. */
export function useNews(since: number): readonly News[] {
  const t = useText();
  const { you, href } = useRoom();
  const documents = useDocs((state) => state.documents);
  const members = useDirectory((state) => state.members);
  const nameOf = (id: string) => members[id]?.name ?? "…";
  const written = useWritten(since);
  const made = Object.values(documents)
    .filter((one) => one.created_at > since && one.created_by !== you.member_id && !one.archived)
    .map((one) => ({
      id: `docs.${one.id}`,
      at: one.created_at,
      memberId: one.created_by,
      text: t("docs.news.created", { name: nameOf(one.created_by), title: one.title }),
      href: href(`docs/${one.id}`),
    }));
  const isNew = new Set(made.map(({ id }) => id));
  const changed = written.flatMap(({ document_id, member_ids: [last = "", ...others], at }) => {
    const id = `docs.${document_id}`;
    const document = documents[document_id];
    if (!document || document.archived || isNew.has(id)) return [];
    const text = t("docs.news.written", {
      name: nameOf(last),
      others: others.length,
      title: document.title,
    });
    return [{ id, at, memberId: last, text, href: href(`docs/${document_id}`) }];
  });
  return [...made, ...changed].sort((a, b) => b.at - a.at);
}

/** Ask what others wrote after `since`, and again after the line was cut. */
function useWritten(since: number): readonly Written[] {
  const { ask } = useRoom();
  const isOpen = useConnection(({ status }) => status === "open");
  const [written, setWritten] = useState<readonly Written[]>([]);
  useEffect(() => {
    if (!isOpen) return;
    let isWanted = true;
    ask("docs.written", { since }).then(
      (reply) => isWanted && setWritten(reply.written),
      () => {}, // what is known already stays
    );
    return () => {
      isWanted = false;
    };
  }, [ask, isOpen, since]);
  return written;
}
