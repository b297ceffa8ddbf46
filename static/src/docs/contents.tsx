import { ListTree } from "lucide-react";
import { useMemo } from "react";
import { Link } from "react-aria-components";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { IconButton } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Panel } from "../ui/menu";
import style from "./docs.module.css";
import type { Heading } from "./outline";

interface Listed {
  documentId: string;
  headings: readonly Heading[];
}

/** List a document's headings behind a button. */
export function ContentsPanel(listed: Listed) {
  const t = useText();
  return (
    <Panel
      label={t("docs.contents")}
      placement="bottom end"
      button={<IconButton icon={ListTree} label={t("docs.contents")} />}
    >
      {(close) => <Headings {...listed} close={close} />}
    </Panel>
  );
}

/** List a document's headings in a dialog. */
export function ContentsDialog({ onClose, ...listed }: Listed & { onClose: () => void }) {
  const t = useText();
  return (
    <Dialog isOpen onOpenChange={onClose} title={t("docs.contents")}>
      {(close) => <Headings {...listed} close={close} />}
    </Dialog>
  );
}

function Headings({ documentId, headings, close }: Listed & { close: () => void }) {
  const { href } = useRoom();
  const top = useMemo(() => Math.min(...headings.map(({ level }) => level)), [headings]);
  return (
    <ul className={style.contents}>
      {headings.map(({ anchor, text, level }) => (
        <li key={anchor} data-depth={Math.min(level - top, 3)}>
          <Link
            href={`${href(`docs/${documentId}`)}#${encodeURIComponent(anchor)}`}
            className={style.contentsLink ?? ""}
            onPress={() => {
              close();
              document.getElementById(anchor)?.scrollIntoView({ block: "start" });
            }}
          >
            {text}
          </Link>
        </li>
      ))}
    </ul>
  );
}
