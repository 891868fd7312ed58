/** Sessions and keys of the metadata service, on one member and on three: as a requester of its own meets them. */
import { describe, expect, it } from "vitest";
import { Is, type Io, type Machine } from "../../../src/base/machine.ts";
import type { HostId } from "../../../src/base/ids.ts";
import type { MachinePlan, PartContext } from "../../../src/simulator/strategies/contracts.ts";
import { Message } from "../../../src/simulator/strategies/messages.ts";
import type { FaultSpec, Target } from "../../../src/simulator/faults/fault.ts";
import { note, post, sketch } from "../../contracts/sketch.ts";
import { fault, ms, s } from "./small-run.ts";

const KEY = 7;
const TTL = s(2);
const Timer = { Renew: 0, Watch: 1, Retry: 2 } as const;

/** Opens a session, wants the key, keeps the session alive and wants the key again whenever it hears that it is gone. */
function createHolder(host: HostId, context: PartContext, ttl: number): Machine {
  let session = 0;
  /** Until when the session surely lives, by when it was asked; and the revision of the key that is this one's. */
  let until = 0;
  let holds = 0;
  const say = (io: Io, text: string): void => note(io, "key", `${Math.round(io.now() / 1000)} ${host} ${text}`);

  function open(io: Io): void {
    if (session === 0) post(io, context.metadata(), Message.OpenSession, { until: ttl, time: io.now() });
    else post(io, context.metadata(), Message.KeepAlive, { key: session, time: io.now() });
    io.setTimer(Timer.Renew, ms(500));
  }
  const want = (io: Io): void =>
    post(io, context.metadata(), Message.CompareAndSet, { key: KEY, who: host, count: session, time: io.now() });
  function lose(io: Io, why: string): void {
    if (holds > 0) say(io, `loses (${why})`);
    holds = 0;
    session = 0;
  }
  return {
    step: (input, io) => {
      const m = io.messages;
      const { slot } = input;
      if (session > 0 && io.now() > until) lose(io, "lapsed");
      if (input.kind === Is.Start) {
        io.setTimer(Timer.Renew, ms(100 + host));
        io.setTimer(Timer.Watch, ms(10));
      } else if (input.kind === Is.Timer && input.id === Timer.Renew) open(io);
      else if (input.kind === Is.Timer) {
        post(io, context.metadata(), Message.WatchKeys, { payload: [KEY] });
        io.setTimer(Timer.Watch, s(1));
      } else if (input.kind !== Is.Message) return;
      else if (input.message === Message.SessionOpened && session === 0) {
        session = m.key[slot]!;
        until = m.time[slot]! + ttl;
        want(io);
      } else if (input.message === Message.KeptAlive && m.key[slot] === session) {
        if (m.outcome[slot] === 1) until = Math.max(until, m.time[slot]! + ttl);
        else lose(io, "gone");
      } else if (input.message === Message.WasSet && m.outcome[slot] === 1 && m.count[slot] === session && session > 0) {
        if (holds === 0) say(io, "holds");
        holds = m.version[slot]!;
      } else if (input.message === Message.KeyIs) {
        if (m.version[slot] === 0 && session > 0) want(io);
        else if (holds > 0 && m.version[slot]! > holds && m.who[slot] !== host) lose(io, "taken");
      }
    },
  };
}

const holders = (ttl: number): readonly MachinePlan[] => [
  { name: "holder", on: { kind: "servers" }, process: "holder", create: (host, context) => createHolder(host, context, ttl) },
];
const hosts = (zones: string) => ({ metadata: Array.from(zones).map((name) => ({ kind: "zone" as const, name })) });
const dies = (target: readonly Target[], at: number, length?: number): FaultSpec => ({
  ...fault({ kind: "hostDeath", target }, at, length),
  name: JSON.stringify(target),
});
const RARELY = { every: ms(200), deadline: s(1) };
const member = (which: number | "leader"): Target => ({ kind: "role", role: "metadata", which });

/** The key's story: [ms, server, "holds" or "loses (why)"]. */
function story(zones: string, faults: readonly FaultSpec[], ttl: number = TTL): readonly (readonly [number, number, string])[] {
  const { notes } = sketch({ machines: holders(ttl) }, { hosts: hosts(zones), faults, duration: s(12), workload: [], prober: RARELY });
  return notes("key").map((text) => {
    const [at = "", server = "", ...what] = text.split(" ");
    return [Number(at) - 1000, Number(server), what.join(" ")];
  });
}
/** At no time do two hold it. */
function isExclusive(told: ReturnType<typeof story>): boolean {
  const holders = new Set<number>();
  for (const [, server, what] of told) {
    if (what === "holds") holders.add(server);
    else holders.delete(server);
    if (holders.size > 1) return false;
  }
  return true;
}

describe.each(["c", "abc"])("sessions and keys, members in %s", (zones) => {
  it("one gets the key and keeps it as long as it is heard", () => {
    const told = story(zones, []);
    expect(told.map(([, , what]) => what)).toEqual(["holds"]);
  });

  it("a dead holder's key is free after its session's time, not before, and the next has it at once", () => {
    const [first] = story(zones, []);
    const told = story(zones, [dies([{ kind: "server", server: first![1] }], s(5))]);
    expect(told.map(([, , what]) => what)).toEqual(["holds", "holds"]);
    const [at, server] = told[1]!;
    expect(server).not.toBe(first![1]);
    // Renewed every 500 ms, looked for every 500 ms.
    expect(at).toBeGreaterThan(5_000 + 2_000 - 500);
    expect(at).toBeLessThan(5_000 + 2_000 + 520);
  });

  it("a holder that stood still for longer than its session believes nothing any more, and nobody else held it before that", () => {
    const [first] = story(zones, []);
    const told = story(zones, [fault({ kind: "pause", target: [{ kind: "server", server: first![1] }] }, s(4), s(4))]);
    expect(told.map(([, server, what]) => `${server === first![1]} ${what}`)).toEqual(["true holds", "false holds", "true loses (lapsed)"]);
  });

  it("the service away for less or more than the time: nobody else gets the key while the holder may believe in it", () => {
    for (const length of [1, 5]) {
      const told = story(zones, [dies([{ kind: "role", role: "metadata", which: "all" }], s(4), s(length))]);
      expect([length, isExclusive(told)]).toEqual([length, true]);
      expect(told.at(-1)![2]).toBe("holds");
    }
  });
});

describe("sessions of a group", () => {
  it("outlive their leader: the next grants them their whole time anew", () => {
    const told = story("abc", [dies([member("leader")], s(4))], s(5));
    expect(told.map(([, , what]) => what)).toEqual(["holds"]);
  });

  it("that end while the leader changes end later, by an election and their time", () => {
    const [first] = story("abc", []);
    const holder: Target = { kind: "server", server: first![1] };
    const told = story("abc", [dies([holder], s(4)), dies([member("leader")], s(5))]);
    expect(told.map(([, , what]) => what)).toEqual(["holds", "holds"]);
    expect(told[1]![0]).toBeGreaterThan(5_000 + 1_000 + 2_000);
    expect(told[1]![0]).toBeLessThan(5_000 + 2_000 + 2_000 + 1_000 + 600);
  });

  it("a member that missed hundreds of changes gets a snapshot, and serves what the others know", () => {
    // Sets a key for ever, as fast as it is answered; reads it at the end from wherever it is told to.
    const busy = (_: HostId, context: PartContext): Machine => {
      let value = 0;
      let revision = 0;
      const set = (io: Io): void => {
        post(io, context.metadata(), Message.CompareAndSet, { key: KEY, version: revision, who: value + 1, time: io.now() });
        io.setTimer(Timer.Retry, s(1));
      };
      return {
        step: (input, io) => {
          const m = io.messages;
          const { slot } = input;
          if (input.kind === Is.Start || input.kind === Is.Timer) return set(io);
          if (input.kind !== Is.Message || input.message !== Message.WasSet) return;
          revision = m.version[slot]!;
          if (m.who[slot]! > value) value = m.who[slot]!;
          note(io, "value", value);
          set(io);
        },
      };
    };
    const plan: readonly MachinePlan[] = [{ name: "busy", on: { kind: "role", role: "store" }, process: "store", create: busy }];
    // Member 3 misses most; then member 1 goes for ever, so that the third is needed; then 2 is cut from the requester.
    const faults = [dies([member(3)], s(1), s(4)), dies([member(1)], s(7))];
    const { notes, facts } = sketch(
      { machines: plan },
      { hosts: { ...hosts("abc"), store: [{ kind: "zone", name: "c" }] }, faults, duration: s(12), workload: [], prober: RARELY },
    );
    const values = notes("value").map(Number);
    // Each value once, in order, none left out: nothing that was answered was lost or done twice.
    expect(values).toEqual(values.map((_, i) => i + 1));
    const late = facts("note").filter(({ at }) => at > s(10)).length;
    expect([late > 100, values.length > 600]).toEqual([true, true]);
  });
});
