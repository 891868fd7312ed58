/** Ends of `network.between`: `a-b` both ways, `a>b` one way, to directed overrides, the most specific first. */
import type { NetworkSpec } from "../../simulator/cluster/spec.ts";
import { nearest } from "./text/suggest.ts";
import { byText } from "./topology.ts";

export type EndKind = "group" | "role" | "rack" | "zone" | "region" | "servers";

/** Every name that can be an end, with what it is. */
export type Ends = ReadonlyMap<string, EndKind>;

/** Roles are ends too; `db` is short for all servers. */
export const ROLE_ENDS: readonly (readonly [string, EndKind])[] = [
  ["monitor", "role"],
  ["sentinel", "role"],
  ["router", "role"],
  ["metadata", "role"],
  ["servers", "servers"],
  ["db", "servers"],
];

export type Pair =
  /** `absent`: one end is a region that this cluster does not have; the pair applies to nothing. */
  | { readonly ok: true; readonly from: string; readonly to: string; readonly oneWay: boolean; readonly absent: boolean }
  | { readonly ok: false; readonly fault: string; readonly unknown: string | undefined };

/**
 * The two ends of `key`. A name may contain `-`: every split is tried, and exactly one may fit.
 * A known region may stand beside one that the cluster does not have, so that a table of latencies between regions can
 * be shared by scenarios (the format's own first file has `eu-us`, and no `us`); what looks like a slip is still wrong.
 */
export function parsePair(key: string, ends: Ends): Pair {
  const arrow = key.split(">").map((end) => end.trim());
  if (arrow.length > 1) {
    const [from = "", to = "", more] = arrow;
    if (more !== undefined || from === "" || to === "") return { ok: false, fault: `"${key}" is not a pair`, unknown: undefined };
    return pairOf(from, to, true, ends);
  }
  const splits = [...key.matchAll(/-/gu)].map(({ index }) => [key.slice(0, index).trim(), key.slice(index + 1).trim()] as const);
  const fitting = splits.filter(([from, to]) => ends.has(from) && ends.has(to));
  const [first, second] = fitting;
  if (second !== undefined) return { ok: false, fault: `"${key}" can be read in two ways`, unknown: undefined };
  if (first !== undefined) return pairOf(first[0], first[1], false, ends);
  const half = splits.find(([from, to]) => ends.has(from) || ends.has(to)) ?? splits[0];
  return half === undefined ? { ok: false, fault: `"${key}" is not a pair`, unknown: undefined } : pairOf(half[0], half[1], false, ends);
}

function pairOf(from: string, to: string, oneWay: boolean, ends: Ends): Pair {
  const unknown = [from, to].filter((end) => !ends.has(end));
  const [first] = unknown;
  if (first === undefined) return { ok: true, from, to, oneWay, absent: false };
  const regions = [...ends].filter(([, kind]) => kind === "region").map(([name]) => name);
  const besideRegion = unknown.length === 1 && [from, to].some((end) => regions.includes(end));
  if (besideRegion && /^[\w.-]+$/u.test(first) && nearest(first, regions) === undefined)
    return { ok: true, from, to, oneWay, absent: true };
  return { ok: false, fault: `"${first}" is no place, role or client group`, unknown: first };
}

const SPECIFICITY: Readonly<Record<EndKind, number>> = { group: 0, role: 0, rack: 1, zone: 2, region: 3, servers: 3 };

/** Directed overrides. What is written for one direction wins over what is written for both. Needs pairs that parse. */
export function betweenSpec(raw: Readonly<Record<string, NetworkSpec["sameZone"]>>, ends: Ends): NetworkSpec["between"] {
  const directed = new Map<
    string,
    { readonly from: string; readonly to: string; readonly latency: NetworkSpec["sameZone"]; readonly oneWay: boolean }
  >();
  const put = (from: string, to: string, latency: NetworkSpec["sameZone"], oneWay: boolean): void => {
    const key = `${from}>${to}`;
    if (directed.get(key)?.oneWay !== true) directed.set(key, { from, to, latency, oneWay });
  };
  for (const [key, latency] of Object.entries(raw)) {
    const pair = parsePair(key, ends);
    if (!pair.ok || pair.absent) continue;
    const [from, to] = [nameOf(pair.from), nameOf(pair.to)];
    put(from, to, latency, pair.oneWay);
    if (!pair.oneWay) put(to, from, latency, false);
  }
  const rank = (end: string): number => SPECIFICITY[ends.get(end) ?? "servers"];
  return [...directed.values()]
    .sort((a, b) => rank(a.from) + rank(a.to) - rank(b.from) - rank(b.to) || byText(a.from, b.from) || byText(a.to, b.to))
    .map(({ from, to, latency }) => ({ from, to, latency }));
}

/** `db` is written `servers` from here on. */
const nameOf = (end: string): string => (end === "db" ? "servers" : end);
