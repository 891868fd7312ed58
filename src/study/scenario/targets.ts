/** Targets of faults as text, `standby 1 of shard 0`, to data; whether they exist is checked against a topology (checks/targets.ts). */
import type { LocationSpec } from "../../simulator/cluster/spec.ts";
import type { Target } from "../../simulator/faults/fault.ts";
import { nearest } from "./text/suggest.ts";

export type ParsedTarget =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly fault: string; readonly mend: string; readonly offset: number };

interface Form {
  /** Words in order; `N` is a whole number, `NAME` a name. */
  readonly words: readonly string[];
  /** From the values of N and NAME, in order; undefined: the format has it, nothing serves it yet. */
  readonly make: ((values: readonly string[]) => Target) | undefined;
}

const form = (words: string, make?: (values: readonly string[]) => Target): Form => ({ words: words.split(" "), make });
const whole = (text: string | undefined): number => Number(text);

/** All forms, in the order of the manual. */
const FORMS: readonly Form[] = [
  form("primary of shard N", ([shard]) => ({ kind: "primaryOf", shard: whole(shard) })),
  form("standby N of shard N", ([ordinal, shard]) => ({ kind: "standbyOf", ordinal: whole(ordinal), shard: whole(shard) })),
  form("standbys of shard N", ([shard]) => ({ kind: "standbysOf", shard: whole(shard) })),
  form("primaries", () => ({ kind: "primaries" })),
  form("server N", ([server]) => ({ kind: "server", server: whole(server) })),
  form("process NAME on server N", ([process = "", server]) => ({ kind: "process", process, server: whole(server) })),
  form("zone NAME", ([name = ""]) => ({ kind: "location", location: "zone", name })),
  form("rack NAME", ([name = ""]) => ({ kind: "location", location: "rack", name })),
  form("region NAME", ([name = ""]) => ({ kind: "location", location: "region", name })),
  form("random N servers", ([count]) => ({ kind: "randomServers", count: whole(count) })),
  form("random N server", ([count]) => ({ kind: "randomServers", count: whole(count) })),
  form("monitors", () => ({ kind: "role", role: "monitor", which: "all" })),
  form("monitor N", ([ordinal]) => ({ kind: "role", role: "monitor", which: whole(ordinal) })),
  form("metadata", () => ({ kind: "role", role: "metadata", which: "all" })),
  form("metadata N", ([ordinal]) => ({ kind: "role", role: "metadata", which: whole(ordinal) })),
  form("leader of metadata", () => ({ kind: "role", role: "metadata", which: "leader" })),
  form("rebalancer", () => ({ kind: "role", role: "rebalancer", which: "all" })),
  form("clients NAME", ([group = ""]) => ({ kind: "clients", group, zone: undefined })),
  form("clients NAME in zone NAME", ([group = "", zone]) => ({ kind: "clients", group, zone })),
  form("sentinels", () => ({ kind: "role", role: "sentinel", which: "all" })),
  form("sentinel N", ([ordinal]) => ({ kind: "role", role: "sentinel", which: whole(ordinal) })),
  form("routers", () => ({ kind: "role", role: "router", which: "all" })),
  form("router N", ([ordinal]) => ({ kind: "role", role: "router", which: whole(ordinal) })),
  form("leader of shard N"),
  form("followers of shard N"),
];

/** How each form is written, for messages and completion. */
export const TARGET_FORMS: readonly string[] = FORMS.filter(({ make }) => make !== undefined).map(({ words }) => words.join(" "));

interface Word {
  readonly text: string;
  readonly offset: number;
}

/** One target. The offset of a problem counts characters of `text`. */
export function parseTarget(text: string): ParsedTarget {
  const words: readonly Word[] = [...text.matchAll(/\S+/gu)].map(({ 0: word, index }) => ({ text: word, offset: index }));
  let best: { readonly form: Form; readonly matched: number } | undefined;
  for (const candidate of FORMS) {
    const matched = matchedWords(candidate, words);
    if (matched === candidate.words.length && words.length === matched) return made(candidate, words, text);
    if (matched > (best?.matched ?? 0)) best = { form: candidate, matched };
  }
  if (best === undefined) {
    const [first] = words;
    const near = nearest(first?.text ?? "", [...new Set(FORMS.map(({ words: [word = ""] }) => word))]);
    const mend = near === undefined ? "targets are such as primary of shard 0, server 7, zone b, clients web" : `did you mean "${near}"?`;
    return { ok: false, fault: `"${text}" is not a target`, mend, offset: 0 };
  }
  return mismatch(best.form, best.matched, words, text);
}

function made(found: Form, words: readonly Word[], text: string): ParsedTarget {
  if (found.make === undefined)
    return {
      ok: false,
      fault: `the target "${text}" is not built yet`,
      mend: "aim at servers, zones, monitors, sentinels, metadata or clients",
      offset: 0,
    };
  return { ok: true, target: found.make(words.filter((_, index) => isHole(found.words[index])).map((word) => word.text)) };
}

const isHole = (word: string | undefined): boolean => word === "N" || word === "NAME";

/** How many words from the left fit the form. */
function matchedWords(candidate: Form, words: readonly Word[]): number {
  const fits = (expected: string, { text }: Word): boolean =>
    expected === "N" ? /^\d{1,9}$/u.test(text) : expected === "NAME" ? true : expected === text;
  let matched = 0;
  for (const [index, expected] of candidate.words.entries()) {
    const word = words[index];
    if (word === undefined || !fits(expected, word)) break;
    matched += 1;
  }
  return matched;
}

/** The text begins like a form and then leaves it. */
function mismatch(nearest: Form, matched: number, words: readonly Word[], text: string): ParsedTarget {
  const expected = nearest.words[matched];
  const word = words[matched];
  const mend = `write ${nearest.words.join(" ")}`;
  const offset = word?.offset ?? 0;
  if (expected === undefined) return { ok: false, fault: `"${word?.text ?? ""}" is too much here`, mend, offset };
  if (word === undefined)
    return {
      ok: false,
      fault: `"${text}" breaks off before ${expected === "N" ? "a number" : expected === "NAME" ? "a name" : `"${expected}"`}`,
      mend,
      offset,
    };
  if (expected === "N") return { ok: false, fault: `"${word.text}" is not a whole number`, mend, offset };
  return { ok: false, fault: `"${word.text}" where "${expected}" is expected`, mend, offset };
}

/** `zone a`, `rack r2`, `region us`: a place in the topology. */
export function parseLocation(
  text: string,
):
  | { readonly ok: true; readonly location: LocationSpec }
  | { readonly ok: false; readonly fault: string; readonly mend: string; readonly offset: number } {
  const [, kind, name] = /^\s*(zone|rack|region)\s+(\S+)\s*$/u.exec(text) ?? [];
  if (name === undefined)
    return { ok: false, fault: `"${text}" is not a location`, mend: "write zone NAME, rack NAME or region NAME", offset: 0 };
  return { ok: true, location: { kind: kind as LocationSpec["kind"], name } };
}

/** A target as it would be written; the name of what it was parsed from, whatever the spacing there. */
export function targetText(target: Target): string {
  switch (target.kind) {
    case "primaryOf":
      return `primary of shard ${target.shard}`;
    case "standbyOf":
      return `standby ${target.ordinal} of shard ${target.shard}`;
    case "standbysOf":
      return `standbys of shard ${target.shard}`;
    case "primaries":
      return "primaries";
    case "server":
      return `server ${target.server}`;
    case "process":
      return `process ${target.process} on server ${target.server}`;
    case "location":
      return `${target.location} ${target.name}`;
    case "randomServers":
      return `random ${target.count} servers`;
    case "role":
      if (target.which === "leader") return `leader of ${target.role}`;
      if (target.which === "all") return ["metadata", "rebalancer"].includes(target.role) ? target.role : `${target.role}s`;
      return `${target.role} ${target.which}`;
    case "clients":
      return `clients ${target.group}${target.zone === undefined ? "" : ` in zone ${target.zone}`}`;
  }
}
