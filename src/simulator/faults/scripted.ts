/** From fault specs to instants: every draw comes from a stream named by the fault's content, alike for all strategies. */
import type { Random } from "../../base/random.ts";
import { compileDistribution } from "../kernel/distributions.ts";
import { targetsOf, type FaultSpec } from "./fault.ts";

/** One occurrence of a fault, times in microseconds of measured time. */
export interface Injection {
  readonly fault: FaultSpec;
  readonly startAt: number;
  /** Infinite for `ever`. */
  readonly endAt: number;
  /** For targets drawn at random, in the order of drawing; the world maps them to hosts. */
  readonly draws: readonly number[];
  /** Of a link that flaps: its first cut, whose ways all the others have too. */
  readonly first?: Injection;
}

/** Draws kept for `random N servers`: more servers than this are never struck by one fault. */
const TARGET_DRAWS = 64;
/** A link that flaps is cut so often at most: then it stays mended. The reader refuses what would come to more. */
export const FLAPS_MOST = 10_000;

/** All occurrences that begin before `horizon`, in order of time, then of their faults' names. */
export function scriptFaults(faults: readonly FaultSpec[], horizon: number, stream: (name: string) => Random): readonly Injection[] {
  const injections: Injection[] = [];
  for (const fault of [...faults].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const random = stream(`fault/${fault.name}`);
    const when = compileDistribution(fault.when.kind === "at" ? fault.when.at : fault.when.gap);
    const length = fault.lasts.kind === "for" ? compileDistribution(fault.lasts.length) : undefined;
    let at = 0;
    do {
      at = fault.when.kind === "at" ? when(random) : at + Math.max(1, when(random));
      if (at >= horizon) break;
      const endAt = length === undefined ? Infinity : at + Math.max(1, length(random));
      const draws = Array.from({ length: drawsOf(fault) }, () => random.uniform());
      const whole = { fault, startAt: at, endAt, draws };
      injections.push(...(fault.action.kind === "flap" ? flaps(whole, fault.action, horizon, random) : [whole]));
    } while (fault.when.kind === "every");
  }
  return injections.sort((a, b) => a.startAt - b.startAt || (a.fault.name < b.fault.name ? -1 : a.fault.name > b.fault.name ? 1 : 0));
}

function drawsOf(fault: FaultSpec): number {
  return targetsOf(fault.action).some((target) => target.kind === "randomServers") ? TARGET_DRAWS : 0;
}

/** The cuts of a link that flaps, one after another: at least a microsecond each, and as much between them. */
function flaps(whole: Injection, action: FaultSpec["action"] & { readonly kind: "flap" }, horizon: number, random: Random): Injection[] {
  const down = compileDistribution(action.down);
  const up = compileDistribution(action.up);
  const until = Math.min(whole.endAt, horizon);
  const cuts: Injection[] = [];
  let at = whole.startAt;
  while (at < until && cuts.length < FLAPS_MOST) {
    const endAt = Math.min(until, at + Math.max(1, down(random)));
    const [first] = cuts;
    cuts.push({ ...whole, startAt: at, endAt, ...(first === undefined ? {} : { first }) });
    at = endAt + Math.max(1, up(random));
  }
  return cuts;
}
