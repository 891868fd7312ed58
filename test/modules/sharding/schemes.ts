/** Every scheme with options that fit any membership, and what its paper promises: what the property tests go through. */
import { anchor } from "../../../src/modules/sharding/anchor.ts";
import { bounded } from "../../../src/modules/sharding/bounded.ts";
import { cassandra } from "../../../src/modules/sharding/cassandra.ts";
import { directory } from "../../../src/modules/sharding/directory.ts";
import { intervals } from "../../../src/modules/sharding/intervals.ts";
import { jump } from "../../../src/modules/sharding/jump.ts";
import { ketama } from "../../../src/modules/sharding/ketama.ts";
import { maglev } from "../../../src/modules/sharding/maglev.ts";
import { modulo } from "../../../src/modules/sharding/modulo.ts";
import { mongodb } from "../../../src/modules/sharding/mongodb.ts";
import { multiProbe } from "../../../src/modules/sharding/multi-probe.ts";
import { ranges } from "../../../src/modules/sharding/ranges.ts";
import { rendezvous } from "../../../src/modules/sharding/rendezvous.ts";
import { ring } from "../../../src/modules/sharding/ring.ts";
import type { Made, Member, Sharding } from "../../../src/modules/sharding/sharding.ts";
import { slots } from "../../../src/modules/sharding/slots.ts";
import { tree } from "../../../src/modules/sharding/tree.ts";
import { vitess } from "../../../src/modules/sharding/vitess.ts";

export interface Scheme {
  readonly make: (members: readonly Member[]) => Made<Sharding>;
  /** Honours unequal weights. */
  readonly isWeighted: boolean;
  /** Any change of members moves keys only to those that came and from those that left. */
  readonly isMinimal: boolean;
}

export const SCHEMES: Record<string, Scheme> = {
  modulo: { make: modulo, isWeighted: false, isMinimal: false },
  slots: { make: slots, isWeighted: true, isMinimal: false },
  ring: { make: (members) => ring(members, { virtualNodes: 16 }), isWeighted: true, isMinimal: true },
  ketama: { make: ketama, isWeighted: true, isMinimal: true },
  cassandra: { make: (members) => cassandra(members, { virtualNodes: 8 }), isWeighted: true, isMinimal: true },
  bounded: { make: (members) => bounded(members, { virtualNodes: 8 }), isWeighted: false, isMinimal: false },
  rendezvous: { make: rendezvous, isWeighted: true, isMinimal: true },
  jump: { make: jump, isWeighted: false, isMinimal: false },
  multiProbe: { make: (members) => multiProbe(members, { probes: 5 }), isWeighted: false, isMinimal: true },
  maglev: { make: (members) => maglev(members, { tableSize: 251 }), isWeighted: true, isMinimal: false },
  anchor: { make: (members) => anchor(members, { capacity: 40 }), isWeighted: false, isMinimal: false },
  ranges: { make: ranges, isWeighted: false, isMinimal: false },
  tree: { make: (members) => tree(members, { ranges: 24 }), isWeighted: false, isMinimal: false },
  directory: { make: directory, isWeighted: false, isMinimal: false },
  intervals: { make: (members) => intervals(members, { length: 1000 }), isWeighted: false, isMinimal: false },
  "vitess hash": { make: (members) => vitess(members, { vindex: "hash" }), isWeighted: false, isMinimal: false },
  "vitess xxhash": { make: (members) => vitess(members, { vindex: "xxhash" }), isWeighted: false, isMinimal: false },
  mongodb: { make: mongodb, isWeighted: false, isMinimal: false },
};
