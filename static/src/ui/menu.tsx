import { Check, type LucideIcon } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import {
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  type MenuItemProps as AriaMenuItemProps,
  type MenuProps as AriaMenuProps,
  Dialog,
  DialogTrigger,
  MenuTrigger,
  Popover,
  type PopoverProps,
  Separator,
} from "react-aria-components";
import style from "./menu.module.css";

/** Lift something off the page, beside what opened it. */
export function Floating({
  asWide,
  children,
  ...props
}: Omit<PopoverProps, "className" | "children"> & { asWide?: boolean; children: ReactNode }) {
  return (
    <Popover
      offset={6}
      {...props}
      className={asWide ? `${style.floating} ${style.asWide}` : (style.floating ?? "")}
    >
      {children}
    </Popover>
  );
}

/** Offer actions behind a button: the first child opens, {@link MenuItem}s follow. */
export function Menu<Item extends object>({
  button,
  children,
  placement,
  ...props
}: Omit<AriaMenuProps<Item>, "className"> & {
  button: ReactElement;
  placement?: PopoverProps["placement"];
}) {
  return (
    <MenuTrigger>
      {button}
      <Floating {...(placement ? { placement } : {})}>
        <AriaMenu {...props} className={style.list ?? ""}>
          {children}
        </AriaMenu>
      </Floating>
    </MenuTrigger>
  );
}

/** Offer the actions behind a menu item, in a `SubmenuTrigger` after it. */
export function MenuPart({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Floating>
      <AriaMenu aria-label={label} className={style.list ?? ""}>
        {children}
      </AriaMenu>
    </Floating>
  );
}

/** Draw one action, or, where the menu selects, one choice with a tick. */
export function MenuItem({
  icon: Icon,
  isRisky,
  children,
  ...props
}: Omit<AriaMenuItemProps, "className" | "children"> & {
  icon?: LucideIcon;
  /** Whether it takes something away. */
  isRisky?: boolean;
  children: ReactNode;
}) {
  const text = typeof children === "string" ? { textValue: children } : {};
  return (
    <AriaMenuItem
      {...text}
      {...props}
      className={isRisky ? `${style.item} ${style.risky}` : (style.item ?? "")}
    >
      {({ selectionMode }) => (
        <>
          {Icon && <Icon aria-hidden size={18} />}
          <span className={style.itemText}>{children}</span>
          {selectionMode !== "none" && <Check aria-hidden size={18} className={style.tick} />}
        </>
      )}
    </AriaMenuItem>
  );
}

/** Part a menu in groups. */
export function MenuLine() {
  return <Separator className={style.line ?? ""} />;
}

/** Show a small panel beside the button that opens it; focus goes in and comes back. */
export function Panel({
  button,
  label,
  children,
  placement,
}: {
  button: ReactElement;
  label: string;
  children: ReactNode | ((close: () => void) => ReactNode);
  placement?: PopoverProps["placement"];
}) {
  return (
    <DialogTrigger>
      {button}
      <Floating {...(placement ? { placement } : {})}>
        <Dialog aria-label={label} className={style.panel ?? ""}>
          {({ close }) => (typeof children === "function" ? children(close) : children)}
        </Dialog>
      </Floating>
    </DialogTrigger>
  );
}
