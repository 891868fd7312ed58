/** Verdicts in words, the same for text and page: one entry a line, the shortest that says all. */
import type { ExpectationVerdict, StrategyVerdict, VerdictKind } from "../study/checks/verdict.ts";
import { counted } from "../study/stats/figure.ts";
import { printable } from "./layout.ts";

export interface ExpectedLine {
  readonly kind: VerdictKind;
  readonly text: string;
}

/** The lines of one expectation. Strategies that all keep an invariant share a line; whatever has figures or fails has its own. */
export function expectedLines({ expectation, kind, text, parts }: ExpectationVerdict): readonly ExpectedLine[] {
  const own =
    expectation.kind === "invariant" && parts.length > 1 && parts.every((part) => part.kind === "held")
      ? [together(expectation.invariant, parts)]
      : parts.map(partLine);
  // What has no strategy to judge, and what is known to fail, say so in the last line of their text.
  if (parts.length > 0 && expectation.knownFailure === undefined) return own;
  return [...own, { kind, text: withoutKind(text.split("\n").at(-1) ?? "", kind) }];
}

/** "8 of 10 held, 1 broken, 1 unknown". */
export function heldWords(verdicts: readonly ExpectationVerdict[]): string {
  const count = (kind: VerdictKind): number => verdicts.filter((one) => one.kind === kind).length;
  const others = (["broken", "unknown"] as const).filter((kind) => count(kind) > 0).map((kind) => `, ${count(kind)} ${kind}`);
  return `${count("held")} of ${verdicts.length} held${others.join("")}`;
}

function together(invariant: string, parts: readonly StrategyVerdict[]): ExpectedLine {
  const runs = new Set(parts.map((part) => part.figures.n));
  const each = runs.size === 1 ? ` (${counted([...runs][0] ?? 0, "run")} each)` : "";
  return { kind: "held", text: `${invariant} of ${parts.map((part) => printable(part.strategy)).join(", ")}${each}` };
}

function partLine(part: StrategyVerdict): ExpectedLine {
  const replay = part.run === undefined ? "" : ` [--strategy ${part.strategy} --seed ${part.run.seed}]`;
  return { kind: part.kind, text: printable(withoutKind(part.text, part.kind) + replay) };
}

const withoutKind = (text: string, kind: VerdictKind): string => (text.endsWith(`: ${kind}`) ? text.slice(0, -kind.length - 2) : text);
