/**
 * The shapes of the format that zod has no word for: sections that know what is not built yet, and choices of one
 * among several forms. Each reads a value and describes itself for the JSON schema (json-schema.ts).
 */
import { z } from "zod";
import { errorMap, hintText, notOneOf } from "../text/issues.ts";
import type { Hints, ProblemParams } from "../text/issues.ts";
import { isMap } from "../text/data.ts";
import { report } from "./report.ts";

/** What can be written where a schema reads by a function, which says nothing about itself: for the JSON schema. */
const shapes = new WeakMap<z.core.$ZodType, JsonShape>();

/** The shape of a schema made here by a function; undefined for any other. */
export const shapeOf = (schema: z.core.$ZodType): JsonShape | undefined => shapes.get(schema);

/** A schema that takes anything, to be read by a function, and shows itself as `shape`. */
export function open(shape: JsonShape): z.ZodUnknown {
  const schema = z.unknown();
  shapes.set(schema, shape);
  return schema;
}

/** Alternatives of a value, as schemas; the texts are what completes in an editor. */
export interface JsonShape {
  readonly words?: readonly string[];
  /** A map with exactly one of these keys, unless others may stand beside it. */
  readonly one?: Readonly<Record<string, { readonly schema: z.ZodType; readonly about: string }>>;
  readonly beside?: Readonly<Record<string, z.ZodType>>;
  readonly schemas?: readonly z.ZodType[];
}

/** A map of named keys. `later` are keys of the format that nothing serves yet. */
export function section<const T extends z.core.$ZodLooseShape>(shape: T, later: readonly string[] = []): z.ZodObject<T, z.core.$strict> {
  const hints = hintText({ known: Object.keys(shape), later });
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? hints : undefined) });
}

/** One of a few words. */
export function word<const T extends readonly string[]>(words: T, later: readonly string[] = []): z.ZodType<T[number], unknown> {
  const hints = hintText({ known: [], later });
  return z.enum(words, { error: () => hints });
}

/** A check on what a field gives, with its own words. Silent where the field has found something wrong itself. */
export function checked<T>(field: z.ZodType<T>, check: (value: T) => ProblemParams | undefined): z.ZodType<T, unknown> {
  return field.superRefine((value, context) => {
    const params = context.issues.length > 0 ? undefined : check(value);
    if (params !== undefined) report(context, params);
  });
}

export interface Alternative {
  /** Of what follows the name. */
  readonly schema: z.ZodType;
  readonly about: string;
  /** Whether the name alone will do; its schema then reads `{}`. */
  readonly bare?: boolean;
}

export type Chosen<T extends Readonly<Record<string, Alternative>>> = {
  readonly [K in keyof T & string]: { readonly kind: K; readonly value: z.output<T[K]["schema"]>; readonly beside: Readonly<Record<string, unknown>> };
}[keyof T & string];

export interface ChoiceMore {
  /** Names of the format that nothing serves yet. */
  readonly later?: readonly string[];
  /** What may stand beside the name, such as `primaries` beside a placement's rule. */
  readonly beside?: Readonly<Record<string, z.ZodType>>;
  /** The form that is meant where only others stand beside it. */
  readonly fallback?: string;
}

/** Exactly one of several named forms: `{ name: value }`, or the name alone where that is enough. */
export function choice<const T extends Readonly<Record<string, Alternative>>>(alternatives: T, more: ChoiceMore = {}): z.ZodType<Chosen<T>, unknown> {
  const { later = [], beside = {}, fallback } = more;
  const hints = { known: Object.keys(alternatives), later };
  const read = (input: unknown, context: z.core.$RefinementCtx): Chosen<T> => {
    const others: Record<string, unknown> = {};
    for (const [key, schema] of Object.entries(beside)) {
      if (isMap(input) && Object.hasOwn(input, key)) others[key] = forward(schema, input[key], [key], context);
    }
    const named = nameOf(input, { ...hints, beside: Object.keys(beside), fallback }, context);
    if (named === undefined) return z.NEVER;
    const { name, value, path } = named;
    const alternative = Object.hasOwn(alternatives, name) ? alternatives[name] : undefined;
    if (alternative === undefined) {
      const [fault, mend] = notOneOf(`"${name}"`, hints);
      report(context, { fault, mend, atKey: true }, path);
      return z.NEVER;
    }
    if (value === undefined && alternative.bare !== true) {
      report(context, { fault: `"${name}" needs a value`, mend: `write { ${name}: … }` }, path);
      return z.NEVER;
    }
    const given = alternative.bare === true && isNothing(value) ? whenBare(alternative.schema) : value;
    return { kind: name, value: forward(alternative.schema, given, path, context), beside: others } as Chosen<T>;
  };
  const words = hints.known.filter((name) => alternatives[name]?.bare === true);
  return open({ words, one: alternatives, beside }).transform(read);
}

const isNothing = (value: unknown): boolean => value === undefined || (isMap(value) && Object.keys(value).length === 0);

/** `epoch` is `{ epoch: {} }`; a schema that has a default of its own takes that instead. */
const whenBare = (schema: z.ZodType): unknown => (schema.safeParse(undefined).success ? undefined : {});

interface Named {
  readonly name: string;
  readonly value: unknown;
  readonly path: readonly string[];
}

/** The one form that `input` names, or undefined with a problem reported. */
function nameOf(input: unknown, hints: Hints & { readonly beside: readonly string[]; readonly fallback: string | undefined }, context: z.core.$RefinementCtx): Named | undefined {
  const some = `write one of ${hints.known.join(", ")}`;
  if (typeof input === "string") return { name: input, value: undefined, path: [] };
  if (!isMap(input)) {
    report(context, input === undefined ? { fault: "has no value", mend: some } : { fault: "is not one of the forms known here", mend: some });
    return undefined;
  }
  const names = Object.keys(input).filter((key) => !hints.beside.includes(key));
  const [first, second] = names;
  if (first === undefined) {
    if (hints.fallback !== undefined && Object.keys(input).length > 0) return { name: hints.fallback, value: undefined, path: [] };
    report(context, { fault: "names nothing", mend: some });
    return undefined;
  }
  // A misspelt or missing form is reported as such; only two that are known contradict each other.
  const odd = names.find((name) => !hints.known.includes(name));
  if (second !== undefined && odd !== undefined) {
    const [fault, mend] = notOneOf(`"${odd}"`, hints);
    report(context, { fault, mend, atKey: true }, [odd]);
    return undefined;
  }
  if (second !== undefined) {
    report(context, { fault: `names ${names.map((name) => `"${name}"`).join(" and ")}`, mend: "only one can be: remove the rest", atKey: true }, [second]);
    return undefined;
  }
  return { name: first, value: input[first], path: [first] };
}

/** Two notations of one thing: a map in full, anything else in short. */
export function inShort<A, B>(short: z.ZodType<A>, full: z.ZodType<B>): z.ZodType<A | B, unknown> {
  return open({ schemas: [short, full] }).transform((input, context) => forward(isMap(input) ? full : short, input, [], context) as A | B);
}

/** One value or a list of them; a list always. */
export function oneOrMore<T>(item: z.ZodType<T>): z.ZodType<readonly T[], unknown> {
  const list = z.array(item).min(1);
  return open({ schemas: [item, list] }).transform((input, context) => (Array.isArray(input) ? (forward(list, input, [], context) as readonly T[]) : [forward(item, input, [], context) as T]));
}

/** Reads `value` by `schema`, its problems reported under `path`. The result is meaningless when there were any. */
function forward(schema: z.ZodType, value: unknown, path: readonly (string | number)[], context: z.core.$RefinementCtx): unknown {
  const result = schema.safeParse(value, { error: errorMap });
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.issues.push({ ...issue, input: value, path: [...path, ...issue.path] } as z.core.$ZodRawIssue);
  return z.NEVER;
}

/** A field, or one word that stands for a special value. */
export function orWord<const W extends string, T>(special: W, field: z.ZodType<T>): z.ZodType<W | T, unknown> {
  return open({ words: [special], schemas: [field] }).transform((input, context) => (input === special ? special : (forward(field, input, [], context) as T)));
}
