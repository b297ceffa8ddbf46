import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import {
  Link as AriaLink,
  type LinkProps as AriaLinkProps,
  Button as Pressable,
  type ButtonProps as PressableProps,
  ToggleButton,
  type ToggleButtonProps,
  Tooltip as TooltipBubble,
  TooltipTrigger,
} from "react-aria-components";
import style from "./button.module.css";

export type Variant = "primary" | "secondary" | "quiet" | "danger";

interface Look {
  variant?: Variant;
  icon?: LucideIcon;
  /** As wide as what it stands in. */
  wide?: boolean;
  children: ReactNode;
}

function classes(variant: Variant, wide?: boolean, icon?: boolean): string {
  return [style.button, style[variant], wide && style.wide, icon && style.icon]
    .filter(Boolean)
    .join(" ");
}

/** Draw a button with words; while `isPending` it turns and cannot be pressed again. */
export function Button({
  variant = "secondary",
  icon: Icon,
  wide,
  children,
  ...props
}: Omit<PressableProps, "children" | "className"> & Look) {
  return (
    <Pressable {...props} className={classes(variant, wide)}>
      {props.isPending ? (
        <LoaderCircle aria-hidden size={20} className={style.turn} />
      ) : (
        Icon && <Icon aria-hidden size={20} />
      )}
      {children}
    </Pressable>
  );
}

/** Draw a link that looks like a button: for going somewhere, never for doing something. */
export function ButtonLink({
  variant = "secondary",
  icon: Icon,
  wide,
  children,
  ...props
}: Omit<AriaLinkProps, "children" | "className"> & Look) {
  return (
    <AriaLink {...props} className={classes(variant, wide)}>
      {Icon && <Icon aria-hidden size={20} />}
      {children}
    </AriaLink>
  );
}

interface IconLook {
  /** What it does, for screen readers and the tooltip. */
  label: string;
  icon: LucideIcon;
  variant?: Variant;
}

/** Draw a button with a picture alone; its words are its name and its tooltip. */
export function IconButton({
  label,
  icon: Icon,
  variant = "quiet",
  ...props
}: Omit<PressableProps, "children" | "className" | "aria-label"> & IconLook) {
  return (
    <Tooltip text={label}>
      <Pressable {...props} aria-label={label} className={classes(variant, false, true)}>
        <Icon aria-hidden size={20} />
      </Pressable>
    </Tooltip>
  );
}

/** Draw a button that stays in: on or off. */
export function IconToggle({
  label,
  icon: Icon,
  variant = "quiet",
  ...props
}: Omit<ToggleButtonProps, "children" | "className" | "aria-label"> & IconLook) {
  return (
    <Tooltip text={label}>
      <ToggleButton {...props} aria-label={label} className={classes(variant, false, true)}>
        <Icon aria-hidden size={20} />
      </ToggleButton>
    </Tooltip>
  );
}

/** Show words beside what the pointer or the focus is on. */
export function Tooltip({ text, children }: { text: string; children: ReactElement }) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      {children}
      <TooltipBubble offset={6} className={style.tooltip ?? ""}>
        {text}
      </TooltipBubble>
    </TooltipTrigger>
  );
}
