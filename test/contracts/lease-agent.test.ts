/** Sketch: a lease agent beside its database (Patroni): a process of its own that starts, watches and kills another of its host. */
import { expect, it } from "vitest";
import type { HostId, MachineId, ServerId, ShardId } from "../../src/base/ids.ts";
import { ChildChange, Is, type Io, type Machine } from "../../src/base/machine.ts";
import type { Duration, Monotonic } from "../../src/base/time.ts";
import type { MachinePlan, PartContext } from "../../src/simulator/strategies/contracts.ts";
import { fault, ms, s } from "../simulator/cluster/small-run.ts";
import { hostsOf, note, post, sketch } from "./sketch.ts";

const Kind = { Acquire: 100, Answer: 101 } as const;
const Timer = { Renew: 0, Lapse: 1, Restart: 2 } as const;
const TTL = ms(500);
const RENEW = ms(100);

/** The store: one lease, for so long after it was last asked for. */
function createStore(): Machine {
  let holder: MachineId | undefined;
  let until = 0 as Monotonic;
  return {
    step: ({ kind, from, slot }, io) => {
      if (kind !== Is.Message) return;
      if (holder !== from && io.now() < until) return post(io, from, Kind.Answer);
      holder = from;
      until = (io.now() + TTL) as Monotonic;
      post(io, from, Kind.Answer, { outcome: 1, time: io.messages.time[slot]! });
    },
  };
}

function createAgent(host: HostId, context: PartContext): Machine {
  const database = context.processOn("database", host);
  const replica = context.replicaMachine(0 as ShardId, host as ServerId);
  let isHolder = false;
  const say = (io: Io, text: string): void => note(io, "agent", `${text} ${host}`);

  function renew(io: Io): void {
    io.setTimer(Timer.Renew, RENEW);
    // A database that does not run does not keep its lease.
    if (io.view(replica) === undefined) return;
    post(io, context.controllers("store")[0]!, Kind.Acquire, { time: io.now() });
  }
  function granted(askedAt: number, io: Io): void {
    if (!isHolder) say(io, "holds");
    isHolder = true;
    // Counted from when it was asked for: the store counts from later, so it never outlives the store's.
    io.setTimer(Timer.Lapse, (askedAt + TTL - io.now()) as Duration);
  }
  function lapse(io: Io): void {
    isHolder = false;
    say(io, "lapsed");
    io.process("kill", database);
  }
  return {
    step: (input, io) => {
      if (input.kind === Is.Start) {
        io.process("start", database);
        io.setTimer(Timer.Renew, ms(1 + io.random("phase").below(100)));
      } else if (input.kind === Is.Timer) {
        if (input.id === Timer.Restart) io.process("start", database);
        else (input.id === Timer.Renew ? renew : lapse)(io);
      } else if (input.kind === Is.Message && io.messages.outcome[input.slot] === 1) granted(io.messages.time[input.slot]!, io);
      else if (input.kind === Is.Child) {
        say(io, input.change === ChildChange.Up ? "up" : "down");
        if (input.change === ChildChange.Down) io.setTimer(Timer.Restart, s(1));
      }
    },
  };
}

const machines: readonly MachinePlan[] = [
  { name: "agent", on: { kind: "servers" }, process: "agent", supervises: ["database"], create: createAgent },
  { name: "store", on: { kind: "role", role: "store" }, process: "store", create: createStore },
];

it("an agent starts its database, and kills it when its lease lapses, before another agent gets the lease", () => {
  const from = [{ kind: "server" as const, server: 1 }];
  const cut = fault({ kind: "cut", from, to: [{ kind: "role", role: "store", which: "all" }], oneWay: false }, s(2), s(3));
  const { notes, facts, isComplete } = sketch({ machines }, { faults: [cut], hosts: hostsOf("store", ["c"]) });
  const said = notes("agent").filter((text) => !text.startsWith("down") || text === "down 1");
  expect(said.slice(0, 5).sort()).toEqual(["down 1", "holds 1", "up 0", "up 1", "up 2"]);
  expect(said.slice(5, 7)).toEqual(["lapsed 1", "down 1"]);
  expect(said.slice(7).sort()).toEqual([expect.stringMatching(/holds [02]/), "up 1"]);
  const [killed, again] = facts("process").filter(({ at }) => at > 0);
  expect(killed).toMatchObject({ host: "server 1", process: "database", change: "stopped" });
  expect(again!.at - killed!.at).toBe(s(1));
  expect(isComplete).toBe(true);
});
