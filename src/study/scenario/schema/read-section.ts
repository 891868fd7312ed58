/** Reading of a section so that one bad key does not keep the others from being checked. */
import type { z } from "zod";
import type { Problems } from "../problem.ts";
import { addIssues, errorMap } from "../text/issues.ts";
import { plain } from "../text/node.ts";
import type { Node } from "../text/node.ts";

/** Every key of `node` that reads by `schema`, defaults filled; problems are added for the rest. `whole` tells whether none was. */
export function readSection<S extends z.ZodObject>(schema: S, node: Node, problems: Problems): { readonly whole: z.output<S> | undefined; readonly partial: Partial<z.output<S>> } {
  const value = plain(node);
  const result = schema.safeParse(value, { error: errorMap });
  if (result.success) return { whole: result.data, partial: result.data };
  addIssues(result.error.issues, node, problems);
  const given: Readonly<Record<string, unknown>> = node.kind === "map" ? (value as Readonly<Record<string, unknown>>) : {};
  const partial: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(schema.shape)) {
    const read = (field as z.ZodType).safeParse(given[key], { error: errorMap });
    if (read.success) partial[key] = read.data;
  }
  return { whole: undefined, partial: partial as Partial<z.output<S>> };
}
