/**
 * What the clients of one workload ask: when, what, of which key, how large, at what service demand. Every draw belongs
 * to the operation and comes from the workload's own streams, so all strategies and all retries meet the same request.
 */
import type { Random } from "../../base/random.ts";
import { compileDistribution, type Sampler } from "../kernel/distributions.ts";
import type { DistributionSpec } from "../kernel/distribution-spec.ts";
import { createArrivals, meanRate } from "./arrivals.ts";
import { createKeyChooser, type KeyTable } from "./keys.ts";
import { OPERATIONS, type WorkloadSpec } from "./workload.ts";

/** The next operation, in an object that is reused. */
export interface Drawn {
  kind: number;
  key: number;
  /** Bytes of the value that it writes, none for reads and deletes; and of its key, where the workload says. */
  bytes: number;
  readDemand: number;
  writeDemand: number;
}

export interface WorkloadDriver {
  readonly spec: WorkloadSpec;
  /** Microseconds to the next arrival of an open loop. */
  readonly gap: () => number;
  /** Think time of one closed-loop client. */
  readonly think: (client: number) => number;
  /** Drawn at an instant of measured time, negative in the warm-up. */
  readonly draw: (at: number) => Drawn;
  /** Which of so many client hosts asks. */
  readonly host: (hosts: number) => number;
}

export interface ServiceDemands {
  readonly read: DistributionSpec;
  readonly write: DistributionSpec;
}

/** `length` is how long it will be asked for, in microseconds: warm-up and measured time. */
export function createWorkloadDriver(
  spec: WorkloadSpec,
  table: KeyTable,
  service: ServiceDemands,
  stream: (name: string) => Random,
  length: number,
): WorkloadDriver {
  const named = (purpose: string): Random => stream(`workload/${spec.name}/${purpose}`);
  const mix = named("mix");
  const keys = createKeyChooser(spec.keys, table, named, { expectedInserts: expectedInserts(spec, table.rows(), length) });
  const values = named("values");
  const keySizes = named("key sizes");
  const demands = named("demands");
  const hosts = named("hosts");
  const value = compileDistribution(spec.value, "size");
  const inserted = spec.inserted === undefined ? value : compileDistribution(spec.inserted, "size");
  const keySize = spec.key === undefined ? undefined : compileDistribution(spec.key, "size");
  const read = compileDistribution(service.read);
  const write = compileDistribution(service.write);
  const thinks: Random[] = [];
  const think: Sampler | undefined = spec.arrivals.kind === "closed" ? compileDistribution(spec.arrivals.think) : undefined;
  const shares = OPERATIONS.map((operation) => spec.mix[operation] ?? 0);
  const drawn: Drawn = { kind: 0, key: 0, bytes: 0, readDemand: 0, writeDemand: 0 };

  return {
    spec,
    gap: createArrivals(spec.arrivals, named),
    think: (client) => {
      const random = (thinks[client] ??= named(`client ${client}/think`));
      return think === undefined ? 0 : Math.max(0, think(random));
    },
    draw: (at) => {
      let left = mix.uniform();
      let kind = 0;
      for (; kind < shares.length - 1; kind += 1) {
        left -= shares[kind]!;
        if (left < 0) break;
      }
      while (shares[kind] === 0 && kind > 0) kind -= 1;
      drawn.kind = kind;
      const reads = kind === 0 || kind === 3;
      const writes = kind !== 0;
      drawn.key = kind === 2 ? table.insert() : keys(at);
      drawn.bytes = writes && kind !== 4 ? (kind === 2 ? inserted(values) : value(values)) : 0;
      if (keySize !== undefined) drawn.bytes += keySize(keySizes);
      drawn.readDemand = reads ? read(demands) : 0;
      drawn.writeDemand = writes ? write(demands) : 0;
      return drawn;
    },
    host: (count) => (count === 1 ? 0 : hosts.below(count)),
  };
}

/**
 * Inserts to be expected of a run. A closed loop's number of operations is its answers' affair: as many as there are rows
 * are taken, as in the files of YCSB's workloads (operationcount = recordcount).
 */
function expectedInserts({ arrivals, mix }: WorkloadSpec, rows: number, length: number): number {
  const operations = arrivals.kind === "closed" ? rows : (meanRate(arrivals) * length) / 1_000_000;
  return operations * (mix.insert ?? 0);
}
