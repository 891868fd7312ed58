/**
 * What requesters see of a group of members is one register: every change takes effect once, between asking and answer, and no
 * read is older than what was answered before it was asked. Over random deaths, crashes, pauses and cuts of members.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Fact } from "../../../src/base/fact.ts";
import type { HostId } from "../../../src/base/ids.ts";
import { Channel, Is, type Io, type Machine } from "../../../src/base/machine.ts";
import type { RunParts } from "../../../src/simulator/cluster/run.ts";
import type { MachinePlan, PartContext } from "../../../src/simulator/strategies/contracts.ts";
import type { FaultSpec, Target } from "../../../src/simulator/faults/fault.ts";
import { Message } from "../../../src/simulator/strategies/messages.ts";
import { letter, note, post, sketch } from "../../contracts/sketch.ts";
import { fault, ms, s } from "./small-run.ts";

const KEY = 3;
const Timer = { Next: 0, Again: 1 } as const;

/** One request at a time: reads the key, or sets it from the revision that it knows to an id of its own; asks until it is answered. */
function createRequester(host: HostId, context: PartContext): Machine {
  let revision = 0;
  let id = 0;
  let isRead = false;
  /** Asked again it may be answered twice. */
  let isAnswered = true;
  const say = (io: Io, text: string): void => note(io, "history", text);

  function ask(io: Io): void {
    if (isRead) post(io, context.metadata(), Message.ReadKey, { key: KEY, time: id });
    else post(io, context.metadata(), Message.CompareAndSet, { key: KEY, version: revision, who: host, until: id, time: id });
    io.setTimer(Timer.Again, ms(500));
  }
  function next(io: Io): void {
    id = id === 0 ? (host + 1) * 1_000_000 : id + 1;
    isAnswered = false;
    isRead = io.random("kind").uniform() < 0.5;
    say(io, `ask ${id}`);
    ask(io);
  }
  return {
    step: (input, io) => {
      const m = io.messages;
      const { slot } = input;
      if (input.kind === Is.Start) return io.setTimer(Timer.Next, ms(1 + host));
      if (input.kind === Is.Timer) return input.id === Timer.Next ? next(io) : ask(io);
      if (input.kind !== Is.Message || m.time[slot] !== id) return;
      const isAnswer = isRead ? input.message === Message.KeyIs : input.message === Message.WasSet;
      if (!isAnswer || isAnswered) return;
      isAnswered = true;
      revision = m.version[slot]!;
      // Set, or found set when it was asked again.
      const isMine = !isRead && (m.outcome[slot] === 1 || m.until[slot] === id);
      say(io, `${isMine ? "set" : isRead ? "saw" : "lost"} ${id} ${revision}`);
      io.cancelTimer(Timer.Again);
      io.setTimer(Timer.Next, ms(5 + 20 * io.random("pause").uniform()));
    },
  };
}

interface Seen {
  readonly asked: number;
  readonly answered: number;
  readonly revision: number;
  readonly isSet: boolean;
  /** Refused at last: it may have taken effect, unheard, and been overwritten since. */
  readonly isLost: boolean;
}

function historyOf(facts: readonly Extract<Fact, { readonly kind: "note" }>[]): readonly Seen[] {
  const asked = new Map<string, number>();
  const seen: Seen[] = [];
  for (const { at, topic, text } of facts) {
    if (topic !== "history") continue;
    const [kind = "", id = "", revision] = text.split(" ");
    if (kind === "ask") asked.set(id, at);
    else seen.push({ asked: asked.get(id)!, answered: at, revision: Number(revision), isSet: kind === "set", isLost: kind === "lost" });
  }
  return seen;
}

/** What one register could not have done. */
function problems(history: readonly Seen[]): readonly string[] {
  const found: string[] = [];
  const sets = new Set<number>();
  for (const { revision, isSet } of history) {
    if (isSet && sets.has(revision)) found.push(`revision ${revision} was set twice`);
    if (isSet) sets.add(revision);
  }
  const unclaimed = new Map<number, number>();
  for (const { revision, answered } of history)
    if (revision > 0 && !sets.has(revision) && !unclaimed.has(revision)) unclaimed.set(revision, answered);
  const lost = history.filter(({ isLost }) => isLost);
  for (const [revision, answered] of unclaimed) {
    const setter = lost.findIndex(({ asked, revision: after }) => asked < answered && after > revision);
    if (setter < 0) found.push(`revision ${revision} was seen and never set`);
    else lost.splice(setter, 1);
  }
  for (const later of history)
    for (const earlier of history) {
      if (earlier.answered >= later.asked) continue;
      if (later.revision < earlier.revision || (later.isSet && later.revision === earlier.revision))
        found.push(`${later.isSet ? "set" : "saw"} ${later.revision} after ${earlier.revision} had been answered`);
    }
  return found;
}

const machines: readonly MachinePlan[] = [{ name: "requester", on: { kind: "servers" }, process: "requester", create: createRequester }];
const RARELY = { every: s(1), deadline: s(1) };
const hosts = (zones: string) => ({ metadata: Array.from(zones).map((name) => ({ kind: "zone" as const, name })) });

function histories(zones: string, faults: readonly FaultSpec[], seed: number, around?: RunParts["aroundMetadata"]): readonly Seen[] {
  const parts = around === undefined ? { machines } : { machines, aroundMetadata: around };
  const { facts } = sketch(parts, { hosts: hosts(zones), faults, seed, duration: s(9), settle: s(4), workload: [], prober: RARELY });
  return historyOf(facts("note"));
}

const member = (which: number | "leader"): Target => ({ kind: "role", role: "metadata", which });
const strikes = fc.array(
  fc.record({
    kind: fc.constantFrom("hostDeath" as const, "processCrash" as const, "pause" as const, "cut" as const),
    target: fc.constantFrom(member(1), member(2), member(3), member("leader"), member("leader")),
    at: fc.integer({ min: 0, max: 7_000 }),
    length: fc.integer({ min: 5, max: 4_000 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const faultsOf = (list: typeof strikes extends fc.Arbitrary<infer All> ? All : never): readonly FaultSpec[] =>
  list.map(({ kind, target, at, length }, place) => ({
    ...(kind === "cut"
      ? fault({ kind, from: [target], to: "rest", oneWay: false }, ms(at), ms(length))
      : fault({ kind, target: [target] }, ms(at), ms(length))),
    name: `${place}`,
    label: `${kind} ${place}`,
  }));

it("requesters see one register, whatever happens to members", () => {
  let answers = 0;
  fc.assert(
    fc.property(fc.nat(100_000), strikes, fc.constantFrom("abc", "abc", "abcab"), (seed, list, zones) => {
      const history = histories(zones, faultsOf(list), seed);
      answers += history.length;
      expect(problems(history)).toEqual([]);
    }),
    { numRuns: 5 },
  );
  expect(answers).toBeGreaterThan(600);
});

it("members that answer before they agree, or read what they happen to know, are caught", () => {
  const cut: FaultSpec = fault(
    { kind: "cut", from: [{ kind: "location", location: "zone", name: "b" }], to: "rest", oneWay: false },
    s(2),
    s(4),
  );
  const hasty = (machine: Machine): Machine => ({
    ...machine,
    step: (input, io) => {
      if (input.kind === Is.Message && input.message === Message.CompareAndSet) {
        const m = io.messages;
        const { key, version, who, until, time } = m;
        const slot = letter(io, {
          key: key[input.slot]!,
          version: version[input.slot]! + 1,
          who: who[input.slot]!,
          until: until[input.slot]!,
          time: time[input.slot]!,
          outcome: 1,
        });
        io.send(input.from, Channel.Control, Message.WasSet, slot);
      }
      machine.step(input, io);
    },
  });
  expect(problems(histories("abc", [cut], 1)).length).toBe(0);
  expect(problems(histories("abc", [cut], 1, hasty)).some((what) => what.endsWith("was set twice"))).toBe(true);

  /** Answers reads by what it last told anybody. */
  const forgetful = (machine: Machine): Machine => {
    let known = 0;
    return {
      ...machine,
      step: (input, io) => {
        if (input.kind === Is.Message && input.message === Message.ReadKey && known > 0)
          return io.send(
            input.from,
            Channel.Control,
            Message.KeyIs,
            letter(io, { key: KEY, version: known, time: io.messages.time[input.slot]! }),
          );
        const send: Io["send"] = (to, channel, kind, slot) => {
          if (kind === Message.WasSet || kind === Message.KeyIs) known = io.messages.version[slot]!;
          io.send(to, channel, kind, slot);
        };
        machine.step(input, { ...io, send });
      },
    };
  };
  expect(problems(histories("abc", [], 1, forgetful)).some((what) => what.startsWith("saw"))).toBe(true);
});
