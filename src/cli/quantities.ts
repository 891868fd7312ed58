/** Options with units, read as scenarios write them. */
import { boundField } from "../study/scenario/schema/fields.ts";
import type { Given } from "./arguments.ts";
import { InputError } from "./exit.ts";

/** Microseconds of `--name 30s`. */
export const readDuration = (given: Given, name: string): number | undefined => read(given, name, "time");

/** `--name 5%` as 0.05. */
export const readShare = (given: Given, name: string): number | undefined => read(given, name, "share");

function read(given: Given, name: string, unit: "time" | "share"): number | undefined {
  const text = given.text(name);
  if (text === undefined) return undefined;
  const found = boundField(unit).safeParse(text);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  const params = issue?.code === "custom" ? (issue.params as { readonly fault?: string; readonly mend?: string } | undefined) : undefined;
  throw new InputError([`--${name}: ${params?.fault ?? `"${text}" cannot be read`}; ${params?.mend ?? "write a number and a unit"}`]);
}
