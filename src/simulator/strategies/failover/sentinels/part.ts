/** Failover by sentinels: Redis Sentinel 7. */
import { z } from "zod";
import type { ServerId } from "../../../../base/ids.ts";
import { Channel, Is, type Machine } from "../../../../base/machine.ts";
import { countField, durationField } from "../../../notation/fields.ts";
import type { FailoverPart, PartContext } from "../../contracts.ts";
import { BYTES, Message } from "../../messages.ts";
import { createAgent } from "../agent.ts";
import { createDisks } from "../saving.ts";
import { helloBytes, type Hello } from "./hello.ts";
import { createSentinel, type Saved } from "./sentinel.ts";

/** Defaults are those of Redis 7: sentinel.c and the sample sentinel.conf (quorum 2 of three sentinels). */
export const sentinelsOptions = z.strictObject({
  downAfter: durationField({ min: 1_000 })
    .prefault("30s")
    .describe("down-after-milliseconds: unheard for so long, a server is subjectively down. Whole milliseconds."),
  quorum: countField({ min: 1 })
    .optional()
    .describe(
      "Sentinels that must hold a primary down before a failover is tried; by default a majority. A majority must elect its leader in any case.",
    ),
  failoverTimeout: durationField({ min: 1_000 })
    .prefault("3m")
    .describe("failover-timeout: of each step; after a failed attempt the same sentinel tries again after twice this."),
  parallelSyncs: countField({ min: 1 })
    .default(1)
    .describe("parallel-syncs: how many replicas are pointed to the new primary at the same time."),
});

const wholeMilliseconds = (duration: number): number => Math.round(duration / 1000);

export function createSentinelsFailover(options: z.output<typeof sentinelsOptions>): FailoverPart {
  const diskOf = createDisks<Saved>();
  const settings = {
    downAfter: wholeMilliseconds(options.downAfter),
    quorum: options.quorum,
    failoverTimeout: wholeMilliseconds(options.failoverTimeout),
    parallelSyncs: options.parallelSyncs,
  };
  return {
    roles: ["sentinel"],
    createController: (role, ordinal, context) => {
      if (role !== "sentinel") return createAgent();
      return createSentinel(context, ordinal, settings, diskOf(ordinal));
    },
    createAgent: (server, context) => createRelay(server, context),
    news: { kind: "role", role: "sentinel" },
    assignsRoles: true,
  };
}

/** A server answers pings, and carries what one sentinel publishes on it to the others. */
function createRelay(server: ServerId, context: PartContext): Machine {
  const agent = createAgent(server, context);
  return {
    step: (input, io) => {
      if (input.kind !== Is.Message || input.message !== Message.Hello) return agent.step(input, io);
      const hello = io.messages.payload[input.slot] as Hello;
      for (const sentinel of context.controllers("sentinel")) {
        if (sentinel === input.from) continue;
        const slot = io.message();
        io.messages.payload[slot] = hello;
        io.messages.bytes[slot] = BYTES.envelope + helloBytes(hello);
        io.send(sentinel, Channel.Control, Message.Hello, slot);
      }
    },
  };
}
