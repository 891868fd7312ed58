/**
 * What the clients of one workload ask: when, what, of which key, how large, at what service demand. Every draw belongs
 * to the operation and comes from the workload's own streams, so all strategies and all retries meet the same request.
 */
import type { Random } from "../../base/random.ts";
import { compileDistribution, type Sampler } from "../kernel/distributions.ts";
import type { DistributionSpec } from "../kernel/distribution-spec.ts";
import { createKeyChooser, type KeyTable } from "./keys.ts";
import { OPERATIONS, type WorkloadSpec } from "./workload.ts";

/** The next operation, in an object that is reused. */
export interface Drawn {
  kind: number;
  key: number;
  /** Bytes of the value that it writes; 0 for reads and deletes. */
  bytes: number;
  readDemand: number;
  writeDemand: number;
  /** Of a scan the rows that it wants, of a find the value that it looks for, of a multi-key read the number of `keys`. */
  count: number;
  keys: Int32Array;
}

export interface WorkloadDriver {
  readonly spec: WorkloadSpec;
  /** Microseconds to the next arrival of an open loop. */
  readonly gap: () => number;
  /** Think time of one closed-loop client. */
  readonly think: (client: number) => number;
  readonly draw: () => Drawn;
  /** Which of so many client hosts asks. */
  readonly host: (hosts: number) => number;
}

export interface ServiceDemands {
  readonly read: DistributionSpec;
  readonly write: DistributionSpec;
}

/** Numbers of kinds, as `OPERATIONS` has them. */
const READ = 0;
const READ_MODIFY_WRITE = 3;
const SCAN = 5;
const FIND = 6;
const MULTI_READ = 8;
const ONE: DistributionSpec = { kind: "constant", value: 1 };
/** Draws for each key of a multi-key read: skewed choices give the same again and again. */
const TRIES_PER_KEY = 50;

/** `distinct`: how many values the column has that the workload's finds name. */
export function createWorkloadDriver(
  spec: WorkloadSpec,
  table: KeyTable,
  service: ServiceDemands,
  stream: (name: string) => Random,
  distinct = 1,
): WorkloadDriver {
  const named = (purpose: string): Random => stream(`workload/${spec.name}/${purpose}`);
  const arrivals = named("arrivals");
  const mix = named("mix");
  const keys = createKeyChooser(spec.keys, table, named("keys"));
  const values = named("values");
  const demands = named("demands");
  const hosts = named("hosts");
  const value = compileDistribution(spec.value);
  const read = compileDistribution(service.read);
  const write = compileDistribution(service.write);
  const thinks: Random[] = [];
  const think: Sampler | undefined = spec.arrivals.kind === "closed" ? compileDistribution(spec.arrivals.think) : undefined;
  const rate = spec.arrivals.kind === "closed" ? 0 : spec.arrivals.rate;
  const poisson = compileDistribution({ kind: "exponential", mean: rate > 0 ? 1_000_000 / rate : 1 }, "number");
  const shares = OPERATIONS.map((operation) => spec.mix[operation] ?? 0);
  /** Arrival instants are summed as fractions and rounded each, so that no rate drifts by rounding its gaps. */
  let exact = 0;
  let rounded = 0;
  const drawn: Drawn = { kind: 0, key: 0, bytes: 0, readDemand: 0, writeDemand: 0, count: 0, keys: new Int32Array(16) };
  const spreads = named("keys of an operation");
  const scanned = compileDistribution(spec.scan?.length ?? ONE, "number");
  const together = compileDistribution(spec.multiRead?.keys ?? ONE, "number");

  /** Other keys beside the first, as the workload chooses them; where it cannot find so many different ones, fewer. */
  function drawKeys(wanted: number): void {
    drawn.keys[0] = drawn.key;
    drawn.count = 1;
    for (let tries = 0; drawn.count < wanted && tries < TRIES_PER_KEY * wanted; tries += 1) {
      const key = keys();
      if (drawn.keys.subarray(0, drawn.count).includes(key)) continue;
      if (drawn.count === drawn.keys.length) {
        const larger = new Int32Array(2 * drawn.count);
        larger.set(drawn.keys);
        drawn.keys = larger;
      }
      drawn.keys[drawn.count] = key;
      drawn.count += 1;
    }
  }

  return {
    spec,
    gap: () => {
      exact += spec.arrivals.kind === "constant" ? 1_000_000 / rate : poisson(arrivals);
      const gap = Math.round(exact) - rounded;
      rounded += gap;
      return gap;
    },
    think: (client) => {
      const random = (thinks[client] ??= named(`client ${client}/think`));
      return think === undefined ? 0 : Math.max(0, think(random));
    },
    draw: () => {
      let left = mix.uniform();
      let kind = 0;
      for (; kind < shares.length - 1; kind += 1) {
        left -= shares[kind]!;
        if (left < 0) break;
      }
      while (shares[kind] === 0 && kind > 0) kind -= 1;
      drawn.kind = kind;
      const reads = kind === READ || kind === READ_MODIFY_WRITE;
      const writes = kind !== READ && kind < SCAN;
      drawn.key = kind === 2 ? table.insert() : keys();
      drawn.bytes = writes && kind !== 4 ? Math.max(0, Math.round(value(values))) : 0;
      drawn.readDemand = reads ? read(demands) : 0;
      drawn.writeDemand = writes ? write(demands) : 0;
      if (kind === SCAN) drawn.count = Math.max(1, Math.round(scanned(spreads)));
      if (kind === FIND) drawn.count = spreads.below(distinct);
      if (kind === MULTI_READ) drawKeys(Math.max(1, Math.round(together(spreads))));
      return drawn;
    },
    host: (count) => (count === 1 ? 0 : hosts.below(count)),
  };
}
