import type { Editor } from "@tiptap/core";
import { useEditorState } from "@tiptap/react";
import {
  Bold,
  ChevronDown,
  Code,
  Ellipsis,
  Italic,
  Link2,
  List,
  ListChecks,
  ListOrdered,
  type LucideIcon,
  Minus,
  Plus,
  Quote,
  Redo2,
  Sigma,
  SquareCode,
  Strikethrough,
  Table,
  Underline,
  Undo2,
} from "lucide-react";
import { Toolbar as AriaToolbar, Button as Pressable } from "react-aria-components";
import type { TextKey } from "../i18n/keys";
import { useText } from "../i18n/text";
import { IconButton, IconToggle } from "../ui/button";
import { Menu, MenuItem, MenuLine } from "../ui/menu";
import style from "./docs.module.css";

const LEVELS = [1, 2, 3] as const;

/** One thing the toolbar switches on and off: what is at the cursor. */
interface Toggle {
  name: string;
  icon: LucideIcon;
  label: TextKey;
  run: (editor: Editor) => void;
}

const MARKS: readonly Toggle[] = [
  {
    name: "bold",
    icon: Bold,
    label: "docs.tool.bold",
    run: (editor) => editor.chain().focus().toggleBold().run(),
  },
  {
    name: "italic",
    icon: Italic,
    label: "docs.tool.italic",
    run: (editor) => editor.chain().focus().toggleItalic().run(),
  },
  {
    name: "underline",
    icon: Underline,
    label: "docs.tool.underline",
    run: (editor) => editor.chain().focus().toggleUnderline().run(),
  },
];

const BLOCKS: readonly Toggle[] = [
  {
    name: "bulletList",
    icon: List,
    label: "docs.tool.bullet_list",
    run: (editor) => editor.chain().focus().toggleBulletList().run(),
  },
  {
    name: "orderedList",
    icon: ListOrdered,
    label: "docs.tool.ordered_list",
    run: (editor) => editor.chain().focus().toggleOrderedList().run(),
  },
  {
    name: "taskList",
    icon: ListChecks,
    label: "docs.tool.task_list",
    run: (editor) => editor.chain().focus().toggleTaskList().run(),
  },
];

const MORE: readonly Toggle[] = [
  {
    name: "strike",
    icon: Strikethrough,
    label: "docs.tool.strike",
    run: (editor) => editor.chain().focus().toggleStrike().run(),
  },
  {
    name: "code",
    icon: Code,
    label: "docs.tool.code",
    run: (editor) => editor.chain().focus().toggleCode().run(),
  },
  {
    name: "blockquote",
    icon: Quote,
    label: "docs.tool.quote",
    run: (editor) => editor.chain().focus().toggleBlockquote().run(),
  },
  {
    name: "codeBlock",
    icon: SquareCode,
    label: "docs.tool.code_block",
    run: (editor) => editor.chain().focus().toggleCodeBlock().run(),
  },
];

const ON_AND_OFF = [...MARKS, ...BLOCKS, ...MORE];

function useActive(editor: Editor) {
  return useEditorState({
    editor,
    selector: ({ editor: now }) => {
      const can = now.can();
      return {
        on: ON_AND_OFF.filter(({ name }) => now.isActive(name)).map(({ name }) => name),
        isLink: now.isActive("link"),
        isTable: now.isActive("table"),
        isMath: now.isActive("inlineMath") || now.isActive("blockMath"),
        level: LEVELS.find((level) => now.isActive("heading", { level })) ?? 0,
        canUndo: can.undo(),
        canRedo: can.redo(),
      };
    },
  });
}

function Toggles({
  toggles,
  on,
  editor,
}: {
  toggles: readonly Toggle[];
  on: readonly string[];
  editor: Editor;
}) {
  const t = useText();
  return toggles.map(({ name, icon, label, run }) => (
    <IconToggle
      key={name}
      icon={icon}
      label={t(label)}
      isSelected={on.includes(name)}
      onChange={() => run(editor)}
    />
  ));
}

function StyleMenu({ editor, level }: { editor: Editor; level: number }) {
  const t = useText();
  const name = (one: number) =>
    one === 0 ? t("docs.style.text") : t("docs.style.heading", { level: one });
  return (
    <Menu
      aria-label={t("docs.style")}
      selectionMode="single"
      selectedKeys={[String(level)]}
      onAction={(key) => {
        const wanted = LEVELS.find((one) => String(one) === key);
        const chain = editor.chain().focus();
        if (wanted) chain.setHeading({ level: wanted }).run();
        else chain.setParagraph().run();
      }}
      button={
        <Pressable
          className={style.styleButton ?? ""}
          aria-label={`${t("docs.style")}: ${name(level)}`}
        >
          {name(level)}
          <ChevronDown aria-hidden size={16} />
        </Pressable>
      }
    >
      {[0, ...LEVELS].map((one) => (
        <MenuItem key={one} id={String(one)}>
          {name(one)}
        </MenuItem>
      ))}
    </Menu>
  );
}

/** What is used less often. */
function MoreMenu({ editor, on }: { editor: Editor; on: readonly string[] }) {
  const t = useText();
  return (
    <Menu
      aria-label={t("docs.tool.more")}
      selectionMode="multiple"
      shouldCloseOnSelect
      selectedKeys={on}
      button={<IconButton icon={Ellipsis} label={t("docs.tool.more")} />}
    >
      {MORE.map(({ name, icon, label, run }) => (
        <MenuItem key={name} id={name} icon={icon} onAction={() => run(editor)}>
          {t(label)}
        </MenuItem>
      ))}
    </Menu>
  );
}

function InsertMenu({ editor, onMath }: { editor: Editor; onMath: () => void }) {
  const t = useText();
  return (
    <Menu
      aria-label={t("docs.tool.insert")}
      placement="bottom end"
      button={<IconButton icon={Plus} label={t("docs.tool.insert")} />}
    >
      <MenuItem
        icon={Table}
        onAction={() =>
          editor.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run()
        }
      >
        {t("docs.tool.table")}
      </MenuItem>
      <MenuItem icon={Sigma} onAction={onMath}>
        {t("docs.tool.math")}
      </MenuItem>
      <MenuItem icon={Minus} onAction={() => editor.chain().focus().setHorizontalRule().run()}>
        {t("docs.tool.line")}
      </MenuItem>
    </Menu>
  );
}

function TableMenu({ editor }: { editor: Editor }) {
  const t = useText();
  const run = (command: (chain: ReturnType<Editor["chain"]>) => { run: () => boolean }) => () =>
    command(editor.chain().focus()).run();
  return (
    <Menu
      aria-label={t("docs.tool.table_menu")}
      button={<IconButton icon={Table} label={t("docs.tool.table_menu")} />}
    >
      <MenuItem onAction={run((chain) => chain.addRowAfter())}>{t("docs.table.row_add")}</MenuItem>
      <MenuItem onAction={run((chain) => chain.addColumnAfter())}>
        {t("docs.table.column_add")}
      </MenuItem>
      <MenuItem onAction={run((chain) => chain.toggleHeaderRow())}>
        {t("docs.table.header_row")}
      </MenuItem>
      <MenuItem onAction={run((chain) => chain.mergeOrSplit())}>{t("docs.table.merge")}</MenuItem>
      <MenuLine />
      <MenuItem isRisky onAction={run((chain) => chain.deleteRow())}>
        {t("docs.table.row_delete")}
      </MenuItem>
      <MenuItem isRisky onAction={run((chain) => chain.deleteColumn())}>
        {t("docs.table.column_delete")}
      </MenuItem>
      <MenuItem isRisky onAction={run((chain) => chain.deleteTable())}>
        {t("docs.table.delete")}
      </MenuItem>
    </Menu>
  );
}

/** Offer all that the editor can do; arrow keys go from button to button. */
export function Toolbar({
  editor,
  onLink,
  onMath,
}: {
  editor: Editor;
  onLink: () => void;
  onMath: () => void;
}) {
  const t = useText();
  const active = useActive(editor);
  return (
    <AriaToolbar aria-label={t("docs.tools")} className={style.toolbar ?? ""}>
      <IconButton
        icon={Undo2}
        label={t("docs.tool.undo")}
        isDisabled={!active.canUndo}
        onPress={() => editor.chain().focus().undo().run()}
      />
      <IconButton
        icon={Redo2}
        label={t("docs.tool.redo")}
        isDisabled={!active.canRedo}
        onPress={() => editor.chain().focus().redo().run()}
      />
      <span className={style.gap} />
      <StyleMenu editor={editor} level={active.level} />
      <Toggles toggles={MARKS} on={active.on} editor={editor} />
      <IconToggle
        icon={Link2}
        label={t("docs.tool.link")}
        isSelected={active.isLink}
        onChange={onLink}
      />
      <MoreMenu editor={editor} on={active.on} />
      <span className={style.gap} />
      <Toggles toggles={BLOCKS} on={active.on} editor={editor} />
      <span className={style.gap} />
      {active.isMath && (
        <IconButton icon={Sigma} label={t("docs.tool.math_edit")} onPress={onMath} />
      )}
      {active.isTable && <TableMenu editor={editor} />}
      <InsertMenu editor={editor} onMath={onMath} />
    </AriaToolbar>
  );
}
