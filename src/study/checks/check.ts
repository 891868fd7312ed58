/** A check looks at one run and says held, broken or unknown: a check that found nothing to judge says so. */
import type { Fact } from "../../simulator/record/fact.ts";
import type { RunRecord } from "../../simulator/record/record.ts";

export type Verdict =
  /** `what` says what was looked at, with figures. */
  | { readonly kind: "held"; readonly what: string }
  /** `when` in microseconds from the start of measured time, undefined for what only the end of the run showed. */
  | { readonly kind: "broken"; readonly when: number | undefined; readonly what: string; readonly facts: readonly Fact[] }
  /** `unexercised`: the run never did what the check watches. `audit`: it did, and the run ended too unsettled to tell. */
  | { readonly kind: "unknown"; readonly reason: string; readonly cause: "unexercised" | "audit" };

/** A rule that no run may break. */
export interface Invariant {
  readonly name: string;
  /** What `explain` prints: what it says, what it looks at, what it does not promise. */
  readonly definition: string;
  readonly judge: (record: RunRecord) => Verdict;
}
