/**
 * Failures that fall close together on a circle: the exact chance that no R of F failed places, drawn without replacement
 * from N, lie within w of the first of them. That is the chance that nothing is lost when every set of a server and R - 1 of
 * the w that follow it holds something (a scan statistic; Naus, "Approximations for Distributions of Scan Statistics", 1982,
 * has it in general).
 */
import { assert } from "../../base/assert.ts";

export interface Scan {
  readonly places: number;
  readonly failed: number;
  /** R: 2 or 3. */
  readonly replicas: number;
  /** w. */
  readonly width: number;
}

/** Exact up to rounding. Needs 1 <= failed <= places, width below places. Time grows with places · failed · width^3 for R = 3. */
export function noneClose({ places, failed, replicas, width }: Scan): number {
  assert(replicas === 2 || replicas === 3, `no closed form for ${replicas} replicas`);
  assert(failed >= 1 && failed <= places && width < places, `${failed} of ${places} places, width ${width}`);
  if (failed < replicas) return 1;
  return replicas === 2 ? noPair(places, failed, width) : noTriple(places, failed, width);
}

/** All gaps above w: N / (N - F w) · C(N - F w, F) / C(N, F). */
function noPair(places: number, failed: number, width: number): number {
  const free = places - failed * width;
  if (free < failed) return 0;
  let chance = places / free;
  for (let i = 0; i < failed; i += 1) chance *= (free - i) / (places - i);
  return chance;
}

/**
 * Two gaps in a row always sum to more than w. By symmetry one failure is at place 0; the walk goes once around, place by
 * place, as drawing without replacement does, and remembers the last two gaps and the first, each up to w + 1.
 */
function noTriple(places: number, failed: number, width: number): number {
  const far = width + 1;
  let chance = 0;
  for (let first = 1; first <= far; first += 1) chance += walk(places, failed, far, first);
  return chance;
}

/** The part in which the first gap is `first`, or at least `far` if it equals that. */
function walk(places: number, failed: number, far: number, first: number): number {
  const side = far + 1;
  /** By failures so far, gap since the last, gap before the last. */
  const cell = (used: number, since: number, before: number): number => (used * side + since) * side + before;
  let now = new Float64Array((failed + 1) * side * side);
  let next = new Float64Array(now.length);
  /** No second failure yet. */
  let waiting = 1;
  for (let place = 1; place < places; place += 1) {
    next.fill(0);
    const most = Math.min(failed, place + 1);
    for (let used = 2; used <= most; used += 1) {
      const hit = (failed - used) / (places - place);
      for (let since = 1; since <= far; since += 1)
        for (let before = 1; before <= far; before += 1) {
          const held = now[cell(used, since, before)]!;
          if (held === 0) continue;
          // `since` is the gap at this place: how far the last failure lies behind it.
          const later = cell(used, Math.min(far, since + 1), before);
          next[later] = next[later]! + held * (1 - hit);
          if (hit === 0 || before + since < far) continue;
          const fallen = cell(used + 1, 1, since);
          next[fallen] = next[fallen]! + held * hit;
        }
    }
    const hit = (failed - 1) / (places - place);
    if (place === first || (first === far && place > first)) {
      const second = cell(2, 1, first);
      next[second] = next[second]! + waiting * hit;
    }
    waiting = place === first && first < far ? 0 : waiting * (1 - hit);
    [now, next] = [next, now];
  }
  let chance = 0;
  for (let since = 1; since <= far; since += 1)
    for (let before = 1; before <= far; before += 1)
      if (before + since >= far && since + first >= far) chance += now[cell(failed, since, before)]!;
  return chance;
}
