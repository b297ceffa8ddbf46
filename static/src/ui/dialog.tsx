import { X } from "lucide-react";
import { type FormEvent, type ReactElement, type ReactNode, useEffect, useState } from "react";
import {
  Dialog as AriaDialog,
  DialogTrigger,
  Form,
  Heading,
  Modal,
  ModalOverlay,
} from "react-aria-components";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { Banner } from "./banner";
import { Button, IconButton, type Variant } from "./button";
import style from "./dialog.module.css";
import { clearToasts } from "./toast";

interface Opening {
  /** The button that opens it; leave out when `isOpen` is given. */
  button?: ReactElement;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

/**
 * Show a dialog above the page (on a phone: from its lower edge).
 *
 * Focus goes in, stays in, and returns to what opened it. Escape, the cross and a press beside it
 * close it.
 */
export function Dialog({
  title,
  button,
  isOpen,
  onOpenChange,
  isLarge,
  children,
}: Opening & {
  title: string;
  isLarge?: boolean;
  children: ReactNode | ((close: () => void) => ReactNode);
}) {
  const t = useText();
  const overlay = (
    <ModalOverlay
      isDismissable
      className={style.veil ?? ""}
      {...(button ? {} : { isOpen: isOpen ?? false, ...(onOpenChange ? { onOpenChange } : {}) })}
    >
      <Modal className={isLarge ? `${style.modal} ${style.large}` : (style.modal ?? "")}>
        <AriaDialog className={style.dialog ?? ""}>
          {({ close }) => (
            <>
              <Clearing />
              <div className={style.head}>
                <Heading slot="title" level={2}>
                  {title}
                </Heading>
                <IconButton slot="close" icon={X} label={t("ui.close")} />
              </div>
              {typeof children === "function" ? children(close) : children}
            </>
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
  if (!button) return overlay;
  return (
    <DialogTrigger>
      {button}
      {overlay}
    </DialogTrigger>
  );
}

/** On a phone toasts lie where a dialog has its buttons. */
function Clearing() {
  useEffect(clearToasts, []);
  return null;
}

/** Lay out a dialog's buttons: the way back first, the main one last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={style.actions}>{children}</div>;
}

/**
 * Show a dialog that does one thing when its form is sent.
 *
 * `onSubmit` may take its time: the button turns meanwhile. When it throws, the dialog stays open
 * and says why; when it returns, the dialog closes.
 */
export function FormDialog({
  action,
  variant = "primary",
  onSubmit,
  children,
  ...opening
}: Opening & {
  title: string;
  /** The main button's words: a verb. */
  action: string;
  variant?: Variant;
  isLarge?: boolean;
  onSubmit: (form: FormData) => Promise<unknown> | unknown;
  children?: ReactNode;
}) {
  return (
    <Dialog {...opening}>
      {(close) => (
        <Sending action={action} variant={variant} onSubmit={onSubmit} close={close}>
          {children}
        </Sending>
      )}
    </Dialog>
  );
}

function Sending({
  action,
  variant,
  onSubmit,
  close,
  children,
}: {
  action: string;
  variant: Variant;
  onSubmit: (form: FormData) => Promise<unknown> | unknown;
  close: () => void;
  children: ReactNode;
}) {
  const t = useText();
  const errorText = useErrorText();
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setPending(true);
    setError(null);
    try {
      await onSubmit(form);
      close();
    } catch (reason) {
      setError(reason);
    } finally {
      setPending(false);
    }
  }

  return (
    <Form className={style.form ?? ""} onSubmit={submit}>
      {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
      {children}
      <DialogActions>
        <Button onPress={close}>{t("ui.cancel")}</Button>
        <Button type="submit" variant={variant} isPending={isPending}>
          {action}
        </Button>
      </DialogActions>
    </Form>
  );
}
