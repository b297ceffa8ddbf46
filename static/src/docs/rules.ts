import type { Attrs, Mark, MarkType, NodeType } from "@tiptap/pm/model";
import { DOCUMENT_RULES } from "./document_rules";

/** What a value has to be, in the few words of JSON Schema that the server says it with. */
export type Rule =
  | { type: "null" | "boolean" }
  | { type: "string"; maxLength: number; pattern?: string }
  | { type: "integer" | "number"; minimum: number; maximum: number }
  | { type: "array"; maxItems: number; items: Rule }
  | { anyOf: Rule[] };

/** A rule for each attribute of each kind of node or mark. */
type Attributes = Partial<Record<string, Partial<Record<string, Rule>>>>;

/** What the server lets into a document: an update with anything else in it is refused. */
export interface DocumentRules {
  /** `depth` is how many types may lie in each other; the words of a paragraph are one too. */
  rich: { depth: number; nodes: Attributes; marks: Attributes };
}

const { depth, nodes, marks } = DOCUMENT_RULES.rich;
const RULES: Attributes = { ...nodes, ...marks };

/** How deep nodes may lie in each other, the words in the last one included. */
export const MAX_DEPTH = depth;

/** Return the rule of an attribute, if it may be there at all. */
export function ruleOf(type: string, attribute: string): Rule | undefined {
  return RULES[type]?.[attribute];
}

/** Tell whether the server takes a value. */
export function isAllowed(rule: Rule | undefined, value: unknown): boolean {
  if (!rule) return false;
  if ("anyOf" in rule) return rule.anyOf.some((one) => isAllowed(one, value));
  switch (rule.type) {
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return (
        typeof value === "string" &&
        // Never fewer than the server counts: to it a character beyond U+FFFF is one.
        value.length <= rule.maxLength &&
        (rule.pattern === undefined || new RegExp(rule.pattern).test(value))
      );
    case "integer":
    case "number":
      return (
        typeof value === "number" &&
        value >= rule.minimum &&
        value <= rule.maximum &&
        (rule.type === "number" || Number.isInteger(value))
      );
    case "array":
      return (
        Array.isArray(value) &&
        value.length <= rule.maxItems &&
        value.every((item) => isAllowed(rule.items, item))
      );
  }
}

/** Return the allowed value that comes nearest to one that is not, if any does. */
function nearest(rule: Rule, value: unknown): unknown {
  if ("anyOf" in rule) {
    return rule.anyOf.map((one) => nearest(one, value)).find((near) => near !== undefined);
  }
  switch (rule.type) {
    case "string":
      if (typeof value !== "string" || rule.pattern !== undefined) return undefined;
      return value.slice(0, rule.maxLength);
    case "integer":
    case "number": {
      if (typeof value !== "number" || Number.isNaN(value)) return undefined;
      const near = Math.min(Math.max(value, rule.minimum), rule.maximum);
      return rule.type === "integer" ? Math.trunc(near) : near;
    }
    case "array":
      if (!Array.isArray(value)) return undefined;
      // The widths of columns: 0 is that of one without.
      return value.slice(0, rule.maxItems).map((item) => held(rule.items, item, 0));
  }
  return undefined;
}

function held(rule: Rule | undefined, value: unknown, otherwise: unknown): unknown {
  if (isAllowed(rule, value)) return value;
  return (rule && nearest(rule, value)) ?? otherwise;
}

/** Return attributes as the server takes them: the nearest value, or else the default. */
export function heldAttributes(type: NodeType | MarkType, attributes: Attrs): Attrs {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      held(ruleOf(type.name, name), value, type.spec.attrs?.[name]?.default),
    ]),
  );
}

/** Return a mark as the server takes it; a link that may not lead where it does is none. */
export function heldMark(mark: Mark): Mark | null {
  const attributes = heldAttributes(mark.type, mark.attrs);
  return attributes.href === mark.attrs.href ? mark.type.create(attributes) : null;
}
