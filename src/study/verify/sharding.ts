/**
 * The sharding schemes against what their papers say of them: how even they are, how much a change of members moves, and the
 * bounds they promise. Asked of the same modules that strategies run on, by look-ups and by exact shares.
 *
 * sharding-even.ts: ring, jump, multi-probe, maglev; sharding-bounds.ts: bounded ring, rendezvous, database × table.
 */
import { assert } from "../../base/assert.ts";
import type { VerifyCase } from "./case.ts";
import { readSettings, type Setting } from "./settings.ts";
import { boundedCases, databaseTableCases, rendezvousCases } from "./sharding-bounds.ts";
import { jumpCases, maglevCases, multiProbeCases, ringCases } from "./sharding-even.ts";
import type { ShardingSettings } from "./sharding-keys.ts";
import type { Topic } from "./topic.ts";

const SCHEMES = {
  ring: ringCases,
  jump: jumpCases,
  multiProbe: multiProbeCases,
  maglev: maglevCases,
  boundedRing: boundedCases,
  rendezvous: rendezvousCases,
  databaseTable: databaseTableCases,
} as const;

const SETTINGS: readonly Setting[] = [
  {
    name: "scheme",
    default: "all",
    what: `one of ${Object.keys(SCHEMES).join(", ")}, or all`,
    kind: { words: ["all", ...Object.keys(SCHEMES)] },
  },
  { name: "members", default: "1000", what: "members, 2 to 10000; databaseTable has its own", kind: "count", min: 2, max: 10_000 },
  {
    name: "virtualNodes",
    default: "1,10,100,1000",
    what: "points of each member on the ring, 1 to 10000; several with commas",
    kind: "counts",
    min: 1,
    max: 10_000,
  },
  { name: "probes", default: "3,11,21", what: "probes of multiProbe, 2 to 100; several with commas", kind: "counts", min: 2, max: 100 },
  {
    name: "tableSize",
    default: "65537,655373",
    what: "entries of maglev's table, a prime above members; several with commas",
    kind: "counts",
    min: 3,
    max: 5_000_011,
  },
  {
    name: "epsilon",
    default: "0.25",
    what: "room of the bounded ring above the mean load, 0.01 to 10",
    kind: "number",
    min: 0.01,
    max: 10,
  },
  { name: "keys", default: "100k", what: "keys looked at in each repeat, 1000 to 10M", kind: "count", min: 1000, max: 10_000_000 },
];
/** Memberships or sets of keys looked at in each case that has chance in it. */
const RUNS = 20;

export const SHARDING: Topic = {
  name: "sharding",
  summary: "how even schemes are, what a change of members moves and what bounds they keep: published or exact against measured",
  settings: SETTINGS,
  runsLeast: 3,
  run: ({ set, runs = RUNS, plant, progress }): readonly VerifyCase[] => {
    const read = readSettings(SETTINGS, set);
    assert(read.ok, "settings were checked");
    const { number, list, word } = read.settings;
    const settings: ShardingSettings = {
      members: number("members"),
      virtualNodes: list("virtualNodes"),
      probes: list("probes"),
      tableSizes: list("tableSize"),
      epsilon: number("epsilon"),
      keys: number("keys"),
      runs,
      plant,
    };
    const chosen = Object.entries(SCHEMES).filter(([name]) => word("scheme") === "all" || word("scheme") === name);
    return chosen.flatMap(([, cases], index) => {
      const found = cases(settings);
      progress?.(index + 1, chosen.length);
      return found;
    });
  },
};
