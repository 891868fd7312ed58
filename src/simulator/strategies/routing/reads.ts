/** How a router reads, as a scenario says it: which replica, and how old its answer may be. */
import { z } from "zod";
import type { ReadChoice } from "../../../modules/routing/read-choice.ts";
import { countField, durationField, type FieldProblem } from "../../notation/fields.ts";
import type { PartFault, PartSurroundings } from "../part.ts";

/** The rule among replicas that may answer; `zone` distances make the REAL module's `nearest`. */
export type Reads = Exclude<ReadChoice, { readonly kind: "nearest" }> | { readonly kind: "nearestZone" };

const WORDS = ["primary", "roundRobin", "random", "leastOutstanding", "nearestZone"] as const;

const choices = z.strictObject({
  choices: countField({ min: 1 }).describe("Replicas drawn at random; of these the one with the fewest requests of this client."),
  replacement: z.boolean().optional().describe("Whether one replica may be drawn twice; default: all are distinct."),
});

/** `primary`, or another word, or `{ choices: d }`. */
const reads = z
  .union([z.enum(WORDS), choices])
  .transform((given): Reads => {
    if (typeof given === "string") return { kind: given };
    return { kind: "choices", of: given.choices, ...(given.replacement === true ? { replacement: true } : {}) };
  })
  .prefault("primary")
  .describe(
    "Which replica a read asks: the primary; each in turn; one at random; the least busy, by this client's own unanswered requests, of d drawn or of all; the nearest (zone, then region), of these the least busy.",
  );

/** How old an answer may be: `staleness` in microseconds, 0 for the primary's alone, infinite for any. */
const consistency = z
  .union([
    z.enum(["primary", "any"]),
    z.strictObject({ boundedStaleness: durationField({ min: 1 }).describe("Age that an answer may have.") }),
  ])
  .transform((given): number => (given === "primary" ? 0 : given === "any" ? Infinity : given.boundedStaleness))
  .optional()
  .describe("How old an answer may be: `primary`, `{ boundedStaleness: 500ms }` or `any`; default: `any` where other replicas are asked.");

export const readOptions = { reads, consistency };

export interface ReadOptions {
  readonly reads: Reads;
  /** Microseconds; undefined: whatever `reads` needs. */
  readonly consistency?: number | undefined;
}

/** Age that an answer may have, microseconds: 0 if the primary alone may answer. */
export const stalenessOf = ({ reads: { kind }, consistency: bound }: ReadOptions): number => (kind === "primary" ? 0 : (bound ?? Infinity));

/** What contradicts itself: a rule among replicas where one alone may answer, or the other way about. */
function readsProblem({ reads: { kind }, consistency: bound }: ReadOptions): { fault: string; mend: string } | undefined {
  if (bound === undefined || (kind === "primary") === (bound === 0)) return undefined;
  return kind === "primary"
    ? { fault: "has no effect while the primary alone is asked", mend: "choose other reads, such as roundRobin, or remove it" }
    : { fault: `leaves no choice for reads: ${kind}`, mend: "write any or { boundedStaleness: 500ms }, or remove it" };
}

/** The same, as a refinement of the options that hold `reads` and `consistency`. */
export function refineReads(options: ReadOptions, context: z.core.$RefinementCtx): void {
  const problem = readsProblem(options);
  if (problem === undefined) return;
  context.addIssue({
    code: "custom",
    path: ["consistency"],
    message: problem.fault,
    params: { ...problem, offset: 0 } satisfies FieldProblem,
  });
}

/** Of the part of this name: more replicas drawn than there are copies. Drawing one twice is no fault where that is asked for. */
export const checkReads =
  (name: string) =>
  ({ reads: rule }: ReadOptions, { copies }: PartSurroundings): readonly PartFault[] =>
    rule.kind === "choices" && rule.replacement !== true && rule.of > copies
      ? [
          {
            fault: `draws ${rule.of} distinct replicas of ${copies}`,
            mend: `write choices: ${copies} or fewer, or replacement: true`,
            steps: [name, "reads", "choices"],
          },
        ]
      : [];
