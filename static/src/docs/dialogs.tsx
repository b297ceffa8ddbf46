import { useState } from "react";
import { useLocation } from "wouter";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { FormDialog } from "../ui/dialog";
import { Select, TextField } from "../ui/field";
import { type Document, type Folder, useDocs } from "./store";

const TITLE_MAX = 200;

function TitleField({ title = "", label }: { title?: string; label: string }) {
  return (
    <TextField
      autoFocus
      isRequired
      name="title"
      label={label}
      defaultValue={title}
      maxLength={TITLE_MAX}
      autoComplete="off"
    />
  );
}

function titleOf(form: FormData): string {
  return String(form.get("title") ?? "").trim();
}

/** Ask for the title of a new document, make it and go there. */
export function CreateDialog({
  kind,
  folderId,
  onClose,
}: {
  kind: "rich" | "text";
  folderId: string | null;
  onClose: () => void;
}) {
  const t = useText();
  const { send, href } = useRoom();
  const [, navigate] = useLocation();
  return (
    <FormDialog
      isOpen
      onOpenChange={onClose}
      title={t(kind === "rich" ? "docs.new.rich" : "docs.new.text")}
      action={t("docs.create")}
      onSubmit={async (form) => {
        const { result } = await send("docs.create", {
          title: titleOf(form),
          kind,
          folder_id: folderId,
        });
        if (typeof result === "string") navigate(`~${href(`docs/${result}`)}`);
      }}
    >
      <TitleField label={t("docs.title_of")} />
    </FormDialog>
  );
}

/** Ask for the name of a new folder and make it. */
export function CreateFolderDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const { send } = useRoom();
  return (
    <FormDialog
      isOpen
      onOpenChange={onClose}
      title={t("docs.new.folder")}
      action={t("docs.create")}
      onSubmit={(form) => send("docs.create_folder", { title: titleOf(form) })}
    >
      <TitleField label={t("docs.folder.name")} />
    </FormDialog>
  );
}

/** Ask for another title. */
export function RenameDialog({ document, onClose }: { document: Document; onClose: () => void }) {
  const t = useText();
  const { send } = useRoom();
  return (
    <FormDialog
      isOpen
      onOpenChange={onClose}
      title={t("docs.rename")}
      action={t("ui.save")}
      onSubmit={(form) => send("docs.change", { document_id: document.id, title: titleOf(form) })}
    >
      <TitleField label={t("docs.title_of")} title={document.title} />
    </FormDialog>
  );
}

/** Ask for another name of a folder. */
export function RenameFolderDialog({ folder, onClose }: { folder: Folder; onClose: () => void }) {
  const t = useText();
  const { send } = useRoom();
  return (
    <FormDialog
      isOpen
      onOpenChange={onClose}
      title={t("docs.folder.rename")}
      action={t("ui.save")}
      onSubmit={(form) =>
        send("docs.change_folder", { folder_id: folder.id, title: titleOf(form) })
      }
    >
      <TitleField label={t("docs.folder.name")} title={folder.title} />
    </FormDialog>
  );
}

const NO_FOLDER = "none";

/** Ask which folder a document belongs in. */
export function MoveDialog({ document, onClose }: { document: Document; onClose: () => void }) {
  const t = useText();
  const { send } = useRoom();
  const folders = useDocs((state) => state.folders);
  const [target, setTarget] = useState(document.folder_id ?? NO_FOLDER);
  const options = [
    { id: NO_FOLDER, text: t("docs.folder.none") },
    ...Object.values(folders)
      .filter((one) => !one.archived)
      .sort((a, b) => a.title.localeCompare(b.title))
      .map((one) => ({ id: one.id, text: one.title })),
  ];
  return (
    <FormDialog
      isOpen
      onOpenChange={onClose}
      title={t("docs.move")}
      action={t("docs.move.do")}
      onSubmit={() =>
        send("docs.change", {
          document_id: document.id,
          folder_id: target === NO_FOLDER ? null : target,
        })
      }
    >
      <Select label={t("docs.folder")} options={options} value={target} onChange={setTarget} />
    </FormDialog>
  );
}
