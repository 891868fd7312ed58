/** At what size the slow tests ask each topic: its own, or a smaller one that is enough to see what is planted there. */
import type { TopicOptions } from "../../src/study/verify/verify.ts";

const CUSTOMERS: Readonly<Record<string, string>> = { balancing: "100k" };
const CUSTOMERS_OF_TWINS: typeof CUSTOMERS = { ...CUSTOMERS, queueing: "200k" };
const RUNS: Readonly<Record<string, number>> = { quorum: 2, failover: 200, measured: 50 };

export function sizeOf(topic: string, plant: boolean): Partial<TopicOptions> {
  const customers = (plant ? CUSTOMERS_OF_TWINS : CUSTOMERS)[topic];
  return { set: customers === undefined ? {} : { customers }, runs: RUNS[topic], plant };
}
