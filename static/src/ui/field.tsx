import { Check, ChevronDown, Minus, Search, X } from "lucide-react";
import {
  type FormEvent,
  type ReactNode,
  type Ref,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from "react";
import {
  Checkbox as AriaCheckbox,
  type CheckboxProps as AriaCheckboxProps,
  Radio as AriaRadio,
  RadioGroup as AriaRadioGroup,
  type RadioGroupProps as AriaRadioGroupProps,
  type RadioProps as AriaRadioProps,
  SearchField as AriaSearchField,
  type SearchFieldProps as AriaSearchFieldProps,
  Select as AriaSelect,
  type SelectProps as AriaSelectProps,
  Switch as AriaSwitch,
  type SwitchProps as AriaSwitchProps,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  Button,
  FieldError,
  Input,
  Label,
  SelectValue,
  Text,
  type ValidationResult,
} from "react-aria-components";
import { useText } from "../i18n/text";
import { Choice, ChoiceList } from "./choice";
import style from "./field.module.css";
import { Floating } from "./menu";

interface Words {
  label: string;
  /** What helps before a mistake is made. */
  hint?: ReactNode;
  /** What went wrong, said beside the field; the field is marked as wrong. */
  error?: string | null;
  /** Whether only screen readers get the label, because something visible says the same. */
  labelUnseen?: boolean;
}

function Above({ label, labelUnseen }: Words) {
  return <Label className={labelUnseen ? "unseen" : (style.label ?? "")}>{label}</Label>;
}

/** Say what the browser finds wrong with a field in the person's language, not the browser's. */
function useMistake(minLength: number): (found: ValidationResult) => string {
  const t = useText();
  return ({ validationDetails, validationErrors }) => {
    if (validationDetails.valueMissing) return t("ui.field.missing");
    if (validationDetails.tooShort) return t("ui.field.short", { min: minLength });
    if (validationDetails.typeMismatch) return t("ui.field.email");
    return validationErrors.join(" ");
  };
}

/**
 * Judge a field that is marked as wrong anew with every key.
 *
 * Left to the browser, the mark goes when the field loses the focus: the form grows shorter under
 * the pointer, and the press that took the focus misses its button.
 */
function judgeAnew({ currentTarget: field }: FormEvent<HTMLInputElement | HTMLTextAreaElement>) {
  if (field.hasAttribute("aria-invalid")) field.dispatchEvent(new Event("change"));
}

function Below({ hint, error, minLength = 0 }: Words & { minLength?: number | undefined }) {
  const mistake = useMistake(minLength);
  return (
    <>
      {hint && (
        <Text slot="description" className={style.hint ?? ""}>
          {hint}
        </Text>
      )}
      <FieldError className={style.error ?? ""}>{error ? error : mistake}</FieldError>
    </>
  );
}

/**
 * Say that a field is full: the browser cuts what is pasted into it without a word.
 *
 * It is there before its words are, or they would not be read out.
 */
export function Full({ length, max }: { length: number; max: number }) {
  const t = useText();
  const isFull = length >= max;
  return (
    <span role="status" className={isFull ? style.full : "unseen"}>
      {isFull && t("ui.field.full", { max })}
    </span>
  );
}

/**
 * Put the focus on a field when it is first drawn, if `isWanted`.
 *
 * React Aria does so a moment later where Enter was pressed on a link; by then the page that was
 * left has given the focus to the work, and it stays there.
 */
function useFocusFirst<Field extends HTMLElement>(isWanted = false): RefObject<Field | null> {
  const field = useRef<Field>(null);
  const wanted = useRef(isWanted);
  useEffect(() => {
    if (wanted.current) field.current?.focus({ preventScroll: true });
  }, []);
  return field;
}

type TextFieldOwn = Omit<AriaTextFieldProps, "children" | "className" | "isInvalid"> & Words;

/** Ask for one line of text. */
export function TextField({
  label,
  hint,
  error,
  labelUnseen,
  placeholder,
  inputRef,
  autoFocus,
  ...props
}: TextFieldOwn & { placeholder?: string; inputRef?: Ref<HTMLInputElement> }) {
  const first = useFocusFirst<HTMLInputElement>(autoFocus);
  return (
    <AriaTextField {...props} className={style.field ?? ""} {...(error ? { isInvalid: true } : {})}>
      <Above label={label} labelUnseen={labelUnseen ?? false} />
      <Input
        ref={inputRef ?? first}
        placeholder={placeholder}
        className={style.input ?? ""}
        onInput={judgeAnew}
      />
      <Below label={label} hint={hint} error={error ?? null} minLength={props.minLength} />
    </AriaTextField>
  );
}

/** Ask for text of several lines; it grows with what is written. */
export function TextArea({
  label,
  hint,
  error,
  labelUnseen,
  placeholder,
  rows = 3,
  inputRef,
  autoFocus,
  ...props
}: TextFieldOwn & {
  placeholder?: string;
  rows?: number;
  inputRef?: Ref<HTMLTextAreaElement>;
}) {
  const first = useFocusFirst<HTMLTextAreaElement>(autoFocus);
  const [typed, setTyped] = useState(0);
  return (
    <AriaTextField {...props} className={style.field ?? ""} {...(error ? { isInvalid: true } : {})}>
      <Above label={label} labelUnseen={labelUnseen ?? false} />
      <AriaTextArea
        ref={inputRef ?? first}
        rows={rows}
        placeholder={placeholder}
        className={`${style.input} ${style.area}`}
        onInput={(event) => {
          judgeAnew(event);
          setTyped(event.currentTarget.value.length);
        }}
      />
      {props.maxLength !== undefined && (
        <Full length={props.value?.length ?? typed} max={props.maxLength} />
      )}
      <Below label={label} hint={hint} error={error ?? null} minLength={props.minLength} />
    </AriaTextField>
  );
}

/** Ask what to look for; Escape and the cross empty it. */
export function SearchField({
  label,
  labelUnseen = true,
  placeholder,
  autoFocus,
  ...props
}: Omit<AriaSearchFieldProps, "children" | "className"> & {
  label: string;
  labelUnseen?: boolean;
  placeholder?: string;
}) {
  const t = useText();
  const first = useFocusFirst<HTMLInputElement>(autoFocus);
  return (
    <AriaSearchField {...props} className={`${style.field} ${style.search}`}>
      <Above label={label} labelUnseen={labelUnseen} />
      <Search aria-hidden size={20} className={style.glass} />
      <Input ref={first} placeholder={placeholder ?? label} className={style.input ?? ""} />
      <Button className={style.clear ?? ""} aria-label={t("ui.clear")}>
        <X aria-hidden size={18} />
      </Button>
    </AriaSearchField>
  );
}

/** Ask for one of a few; `options` in the order they are shown. */
export function Select<Key extends string>({
  label,
  hint,
  error,
  labelUnseen,
  options,
  value,
  onChange,
  ...props
}: Omit<AriaSelectProps, "children" | "className" | "isInvalid" | "value" | "onChange"> &
  Words & {
    options: readonly { id: Key; text: string; isDisabled?: boolean }[];
    value: Key | null;
    onChange: (value: Key) => void;
  }) {
  const t = useText();
  return (
    <AriaSelect
      placeholder={t("ui.choose")}
      {...props}
      value={value}
      onChange={(key) => {
        if (key !== null) onChange(key as Key);
      }}
      className={style.field ?? ""}
      {...(error ? { isInvalid: true } : {})}
    >
      <Above label={label} labelUnseen={labelUnseen ?? false} />
      <Button className={`${style.input} ${style.select}`}>
        <SelectValue className={style.value ?? ""} />
        <ChevronDown aria-hidden size={18} />
      </Button>
      <Below label={label} hint={hint} error={error ?? null} />
      <Floating asWide>
        <ChoiceList items={options}>
          {({ id, text, isDisabled }) => (
            <Choice id={id} textValue={text} isDisabled={isDisabled ?? false}>
              {text}
            </Choice>
          )}
        </ChoiceList>
      </Floating>
    </AriaSelect>
  );
}

/** Ask yes or no about something that takes effect when the form is sent. */
export function Checkbox({
  children,
  ...props
}: Omit<AriaCheckboxProps, "children" | "className"> & { children: ReactNode }) {
  return (
    <AriaCheckbox {...props} className={style.choice ?? ""}>
      {({ isIndeterminate }) => (
        <>
          <span className={style.box}>
            {isIndeterminate ? (
              <Minus aria-hidden size={16} strokeWidth={3.5} />
            ) : (
              <Check aria-hidden size={16} strokeWidth={3.5} />
            )}
          </span>
          <span>{children}</span>
        </>
      )}
    </AriaCheckbox>
  );
}

/** Turn something on or off that takes effect at once. */
export function Switch({
  children,
  ...props
}: Omit<AriaSwitchProps, "children" | "className"> & { children: ReactNode }) {
  return (
    <AriaSwitch {...props} className={style.choice ?? ""}>
      <span className={style.track} />
      <span>{children}</span>
    </AriaSwitch>
  );
}

/** Ask for one of a few that are all in sight. */
export function RadioGroup({
  label,
  hint,
  error,
  labelUnseen,
  children,
  ...props
}: Omit<AriaRadioGroupProps, "children" | "className" | "isInvalid"> &
  Words & { children: ReactNode }) {
  return (
    <AriaRadioGroup
      {...props}
      className={style.field ?? ""}
      {...(error ? { isInvalid: true } : {})}
    >
      <Above label={label} labelUnseen={labelUnseen ?? false} />
      {children}
      <Below label={label} hint={hint} error={error ?? null} />
    </AriaRadioGroup>
  );
}

/** Draw one answer of a {@link RadioGroup}. */
export function Radio({
  children,
  ...props
}: Omit<AriaRadioProps, "children" | "className"> & { children: ReactNode }) {
  return (
    <AriaRadio {...props} className={style.choice ?? ""}>
      <span className={`${style.box} ${style.dot}`}>
        <Check aria-hidden size={16} strokeWidth={3.5} />
      </span>
      <span>{children}</span>
    </AriaRadio>
  );
}
