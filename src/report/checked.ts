/** What `check` found of one scenario, in a form that each of its listeners (console, JUnit, GitHub) can say in its own words. */
import type { ExpectationVerdict, VerdictKind } from "../study/checks/verdict.ts";
import { printable } from "./layout.ts";

export interface Checked {
  /** The scenario's file as it was named, and its name. */
  readonly file: string;
  readonly name: string;
  readonly claims: readonly Claim[];
}

/** One thing that must hold: an expectation of one strategy, a baseline, or that something is expected at all. */
export interface Claim {
  /** What is claimed, alike from run to run: "expect[2] recovery.time of sync". */
  readonly title: string;
  readonly kind: VerdictKind;
  /** In words and figures. */
  readonly text: string;
  /** Where it is written; undefined where no line of a file says it. */
  readonly place: { readonly file: string; readonly line: number; readonly column: number } | undefined;
  /** The command that makes the first failing run again. */
  readonly again: string | undefined;
  /** It is known to fail, for this reason: held means that it still does. */
  readonly knownFailure: string | undefined;
}

/** The claims of a verdict, one a strategy; of a known failure one alone, since only all strategies together are turned round. */
export function claimsOf(
  { expectation, kind, text, parts }: ExpectationVerdict,
  file: string,
  again: (run: { readonly strategy: string; readonly seed: number }) => string,
): readonly Claim[] {
  const { path, line, column, source = file, knownFailure } = expectation;
  // What came in by --set stands in no file: the scenario is what is to be looked at.
  const place = source.startsWith("--") ? { file, line: 1, column: 1 } : { file: source, line, column };
  const subject = expectation.kind === "invariant" ? expectation.invariant : `${expectation.metric} ${expectation.statistic}`;
  const [first] = parts.flatMap((part) => (part.run === undefined ? [] : [again({ strategy: part.strategy, seed: part.run.seed })]));
  if (knownFailure !== undefined || parts.length === 0) {
    const title = `${path} ${subject} of ${expectation.of.join(", ")}`;
    return [{ title: printable(title), kind, text: printable(text.replaceAll("\n", "; ")), place, again: first, knownFailure }];
  }
  return parts.map((part) => ({
    title: printable(`${path} ${subject} of ${part.strategy}`),
    kind: part.kind,
    text: printable(part.text),
    place,
    again: part.run === undefined || part.kind === "held" ? undefined : again({ strategy: part.strategy, seed: part.run.seed }),
    knownFailure,
  }));
}

/** Whether all that was claimed held, and something was. */
export const isHeld = ({ claims }: Checked): boolean => claims.length > 0 && claims.every(({ kind }) => kind === "held");
