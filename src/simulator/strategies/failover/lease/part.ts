/**
 * Failover by a lease, as Patroni does it: on every server an agent beside the database, in a process of its own, that keeps
 * a key of the metadata service for the shards it leads. Who cannot renew it takes its own database down before the key runs
 * out; the others race for a key that is gone, most advanced first.
 *
 * Names and defaults are Patroni's (docs/dynamic_configuration.rst, patroni/config.py, patroni/global_config.py): `ttl` 30,
 * `loop_wait` 10, `retry_timeout` 10 with loop_wait + 2 x retry_timeout <= ttl, `maximum_lag_on_failover` 1048576,
 * `primary_start_timeout` 300, `failsafe_mode` off. Its watchdog is not built.
 */
import { z } from "zod";
import { sizeField, durationField, type FieldProblem } from "../../../notation/fields.ts";
import type { FailoverPart } from "../../contracts.ts";
import { createAgent } from "../agent.ts";
import { AGENT_PROCESS, createLeaseAgent } from "./agent.ts";
import type { LeaseOptions } from "./notes.ts";

const fields = z.strictObject({
  ttl: durationField({ min: 1 }).prefault("30s").describe("How long a leader's key outlives its last renewal."),
  loopWait: durationField({ min: 1 })
    .prefault("10s")
    .describe("Pause between two rounds of an agent, each with a phase of its own: renew, or look who leads."),
  retryTimeout: durationField({ min: 1 })
    .prefault("10s")
    .describe("How long an agent tries to reach the metadata service before a leader takes its database down."),
  maximumLagOnFailover: sizeField()
    .prefault("1MB")
    .describe(
      "A standby further behind what the leader last wrote down does not race; entries are taken to be as large as the leader's last ones.",
    ),
  primaryStartTimeout: durationField()
    .prefault("300s")
    .describe("How long a leader whose database crashed tries to start it before it gives the key up; 0: at once."),
  failsafeMode: z
    .boolean()
    .default(false)
    .describe("A leader that cannot reach the metadata service stays, as long as it reaches the agents of all other replicas."),
});

export const leaseOptions = fields.superRefine(({ ttl, loopWait, retryTimeout }, context) => {
  if (loopWait + 2 * retryTimeout <= ttl) return;
  const params: FieldProblem = {
    fault: "a leader could not be sure to step down before its key runs out",
    mend: "write loopWait + 2 x retryTimeout of at most ttl",
    offset: 0,
  };
  context.addIssue({ code: "custom", path: ["ttl"], message: `${params.fault}; ${params.mend}`, params });
});

/** Its name among the machines of a server, and its process. */
const LEASE_AGENT = "lease agent";

export function createLeaseFailover(options: LeaseOptions): FailoverPart {
  return {
    roles: [],
    isPeerToPeer: true,
    promotesRestarted: true,
    createController: () => createAgent(),
    createAgent: () => createAgent(),
    machines: [
      {
        name: LEASE_AGENT,
        on: { kind: "servers" },
        process: AGENT_PROCESS,
        supervises: ["database"],
        create: (host, context) => createLeaseAgent(host, context, options, (server) => context.machineOn(LEASE_AGENT, server)),
      },
    ],
  };
}
