import { Check } from "lucide-react";
import type { ReactNode } from "react";
import {
  ListBox,
  ListBoxItem,
  type ListBoxItemProps,
  type ListBoxProps,
} from "react-aria-components";
import style from "./menu.module.css";

/** List choices one of which can be taken. */
export function ChoiceList<Item extends object>(props: Omit<ListBoxProps<Item>, "className">) {
  return <ListBox {...props} className={style.list ?? ""} />;
}

/** Draw one choice of a {@link ChoiceList}. */
export function Choice({
  children,
  ...props
}: Omit<ListBoxItemProps, "className" | "children"> & { children: ReactNode }) {
  return (
    <ListBoxItem {...props} className={style.item ?? ""}>
      <span className={style.itemText}>{children}</span>
      <Check aria-hidden size={18} className={style.tick} />
    </ListBoxItem>
  );
}
