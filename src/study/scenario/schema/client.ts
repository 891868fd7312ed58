/** The client part of a strategy: what the application does when an answer is late, refused or misdirected. */
import { z } from "zod";
import type { ClientSpec, LearnSpec } from "../../../simulator/cluster/spec.ts";
import { count, duration, number, positiveDuration, share } from "./fields.ts";
import { checked, choice, section } from "./shape.ts";

const learn = choice(
  {
    redirect: { schema: section({}), about: "A server that is not the owner names the new one in its refusal.", bare: true },
    watch: { schema: section({}), about: "The metadata service (of sentinels: one of them) notifies the client of each new map.", bare: true },
    ask: { schema: section({}), about: "After each failed attempt the client asks anew: the metadata service, a sentinel, a server.", bare: true },
    poll: { schema: positiveDuration(), about: "The client asks for the map at this interval." },
    ttl: { schema: positiveDuration(), about: "The client asks for the map when its copy is this old (as with DNS)." },
    address: {
      schema: duration(),
      about: "Clients speak to an address that each new primary takes over: this long after the map names it (the switches' gratuitous ARP), their packets go there, and connections to the old one are gone.",
    },
  },
  {},
).transform((chosen): LearnSpec => {
  switch (chosen.kind) {
    case "redirect":
    case "watch":
    case "ask":
      return { kind: chosen.kind };
    case "poll":
      return { kind: "poll", every: chosen.value };
    case "ttl":
      return { kind: "ttl", after: chosen.value };
    case "address":
      return { kind: "address", after: chosen.value };
  }
});

/** Order in the file says nothing: ways of learning work beside each other. */
const LEARN_ORDER: readonly LearnSpec["kind"][] = ["redirect", "watch", "ask", "poll", "ttl", "address"];

const learnList = z
  .array(learn)
  .transform((list): readonly LearnSpec[] => [...list].sort((a, b) => LEARN_ORDER.indexOf(a.kind) - LEARN_ORDER.indexOf(b.kind)));

const learnOnce = checked(learnList, (list) => {
  const twice = list.find(({ kind }, index) => list.findIndex((other) => other.kind === kind) < index);
  return twice === undefined ? undefined : { fault: `"${twice.kind}" stands twice`, mend: "remove one" };
});

const backoff = section({
  first: duration().prefault("10ms").describe("Pause before the first retry."),
  factor: number({ min: 1 }).default(2).describe("Each further pause is this many times as long."),
  max: duration().prefault("1s").describe("No pause is longer."),
  // Half of the pause drawn spreads retries ("equal jitter", AWS Architecture Blog, 2015) and keeps a minimum between them.
  jitter: share().prefault("50%").describe("Share of each pause that is drawn at random."),
});

const pool = section({
  // HikariCP's and many others' default.
  size: count({ min: 1, max: 100_000 }).default(10).describe("Connections of a client host to one server; each has one request at a time, others wait."),
  // TCP's, and TLS 1.3's (RFC 8446, section 2).
  roundTrips: count({ min: 1, max: 10 }).default(2).describe("That opening a connection takes: 1 for TCP alone, 2 with TLS 1.3, 3 with TLS 1.2."),
  connectTimeout: positiveDuration().prefault("1s").describe("How long opening one may take."),
});

export const clientSchema: z.ZodType<ClientSpec, unknown> = section({
  deadline: positiveDuration().prefault("2s").describe("From the intended send of an operation to giving up."),
  // A quarter of the deadline, so that an operation can be tried elsewhere before it fails.
  timeout: positiveDuration().prefault("500ms").describe("Of one attempt; then the next is made, elsewhere if it can."),
  retries: count().default(5).describe("Attempts after the first."),
  backoff: backoff.prefault({}).describe("Pauses between attempts."),
  // The share at which Finagle's and Envoy's retry budgets stand by default: enough for single failures, too little for a storm.
  budget: share().prefault("20%").describe("Retries allowed as a share of requests; 100% sets no limit worth the name."),
  pool: pool.optional().describe("Connections are opened, kept and bounded; default: a request has one at once."),
  learn: learnOnce.prefault(["redirect"]).describe("How a client learns a new shard map: redirect, watch, ask, { poll: 1s }, { ttl: 5s }, { address: 1s }."),
});
