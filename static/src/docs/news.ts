import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import type { News } from "../room/tool";
import { useDocs } from "./store";

/** List the documents that others made after `since`. */
export function useNews(since: number): readonly News[] {
  const t = useText();
  const { you, href } = useRoom();
  const documents = useDocs((state) => state.documents);
  return Object.values(documents)
    .filter((one) => one.created_at > since && one.created_by !== you.member_id && !one.archived)
    .map((one) => ({
      id: `docs.${one.id}`,
      at: one.created_at,
      memberId: one.created_by,
      text: t("docs.news.created", { title: one.title }),
      href: href(`docs/${one.id}`),
    }))
    .sort((a, b) => b.at - a.at);
}
