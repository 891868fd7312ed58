/** The log device by itself, and what each fault leaves of logs and registers. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Instant } from "../../../src/base/time.ts";
import { createKernel } from "../../../src/simulator/kernel/kernel.ts";
import { createDevice, type Device } from "../../../src/simulator/cluster/device.ts";
import { constant, fault, ms } from "./small-run.ts";
import { play, PLAIN, type Cue } from "./stage.ts";

interface Answer {
  readonly at: number;
  readonly machine: number;
  readonly token: number;
  readonly position: number;
}
interface Bench {
  readonly device: Device;
  readonly written: number[];
  readonly answers: Answer[];
  readonly runUntil: (at: number) => void;
}

/** Flushes of 100 us. `reaction` is what a machine does on its answer. */
function bench(reaction: (answer: Answer, device: Device) => void = () => undefined): Bench {
  const kernel = createKernel();
  const written = [0, 0, 0];
  const device = createDevice(
    kernel,
    3,
    0,
    () => 100,
    (machine) => written[machine]!,
  );
  const answers: Answer[] = [];
  return {
    device,
    written,
    answers,
    runUntil: (at) =>
      kernel.run(at as Instant, () =>
        device.flushed((machine, token, position) => {
          const answer = { at: kernel.now(), machine, token, position };
          answers.push(answer);
          reaction(answer, device);
        }),
      ),
  };
}

it("who asks during a flush joins the next: one completion a flush, with what was written when it began", () => {
  const { device, written, answers, runUntil } = bench();
  written[0] = 5;
  device.sync(0, 1);
  runUntil(30);
  written[0] = 7;
  device.sync(0, 2);
  device.sync(1, 3);
  runUntil(60);
  written[0] = 9;
  device.sync(2, 4);
  runUntil(1_000);
  expect(answers).toEqual([
    { at: 100, machine: 0, token: 1, position: 5 },
    { at: 200, machine: 0, token: 2, position: 9 },
    { at: 200, machine: 1, token: 3, position: 0 },
    { at: 200, machine: 2, token: 4, position: 0 },
  ]);
  expect(device.flushes()).toBe(2);
});

it("what an answer asks for joins the flush that begins right then, behind those who asked before", () => {
  const { device, answers, runUntil } = bench(({ token }, again) => {
    if (token < 3) again.sync(0, token + 1);
  });
  device.sync(0, 1);
  device.sync(1, 9);
  runUntil(1_000);
  expect(answers.map(({ at, token }) => [at, token])).toEqual([
    [100, 1],
    [200, 9],
    [200, 2],
    [300, 3],
  ]);
});

it("every asker is answered once, in the order of asking, within two flushes; however many there are", () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(80), fc.nat(2)), { maxLength: 60 }), (asks) => {
      const { device, answers, runUntil } = bench();
      let now = 0;
      const askedAt = asks.map(([gap, machine], token) => {
        now += gap;
        runUntil(now);
        device.sync(machine, token);
        return now;
      });
      runUntil(now + 10_000);
      expect(answers.map(({ token }) => token)).toEqual(asks.map((_, token) => token));
      for (const { token, at } of answers) {
        expect(at - askedAt[token]!).toBeGreaterThanOrEqual(100);
        expect(at - askedAt[token]!).toBeLessThanOrEqual(200);
      }
    }),
  ));

it("a flush takes so many askers along and no more", () => {
  const { device, answers, runUntil } = bench();
  device.sync(0, 0);
  for (let token = 1; token <= 5_000; token += 1) device.sync(0, token);
  runUntil(1_000);
  expect(answers.filter(({ at }) => at === 200)).toHaveLength(4_096);
  expect(answers.filter(({ at }) => at === 300)).toHaveLength(5_001 - 4_096 - 1);
});

it("what was taken back during a flush is not durable by it, though something else stands in its place", () => {
  const { device, written, answers, runUntil } = bench();
  written[0] = 10;
  device.sync(0, 1);
  runUntil(50);
  device.tookBack(0, 5);
  written[0] = 8;
  runUntil(1_000);
  expect(answers).toEqual([{ at: 100, machine: 0, token: 1, position: 5 }]);
});

it("a process that dies is not answered, even if it dies of another's answer", () => {
  const { device, answers, runUntil } = bench(({ token }, again) => {
    if (token === 1) again.forget((machine) => machine === 1);
  });
  device.sync(0, 1);
  runUntil(10);
  for (const machine of [0, 1, 2]) device.sync(machine, 10 + machine);
  runUntil(150);
  device.forget((machine) => machine === 2);
  runUntil(1_000);
  expect(answers.map(({ token }) => token)).toEqual([1, 10]);
});

const server = (id: number): { readonly kind: "server"; readonly server: number } => ({ kind: "server", server: id });
const strike = (kind: "processCrash" | "hostDeath", at: number): ReturnType<typeof fault> =>
  fault({ kind, target: [server(1)] }, ms(at), ms(100));

/** Ten entries and a register synced at 100 ms, twenty more and the register anew, unsynced, just before 200 ms. What is there at 400 ms. */
function left(kind: "processCrash" | "hostDeath", seed: number): { written: number; synced: number; register: number } {
  const write =
    (count: number, epoch: number): Cue[2] =>
    ({ io }) => {
      for (let i = 0; i < count; i += 1) io.log.append(0, epoch, i);
      io.put(1, epoch);
    };
  const seen = { written: -1, synced: -1, register: -1 };
  play(
    [
      [100, 1, write(10, 1)],
      [100.1, 1, ({ io }) => io.sync(0)],
      [199, 1, write(20, 2)],
      [
        400,
        1,
        ({ io }) => {
          Object.assign(seen, { written: io.log.written(), synced: io.log.synced(), register: io.register(1) });
          for (let index = 1; index <= io.log.written(); index += 1)
            expect(io.log.noteAt(index)).toBe(index <= 10 ? index - 1 : index - 11);
        },
      ],
    ],
    { overrides: { ...PLAIN, seed, server: { fsync: constant(500) } }, faults: [strike(kind, 200)] },
  );
  return seen;
}

it("a process crash keeps what was written and not synced", () => {
  expect(left("processCrash", 1)).toEqual({ written: 30, synced: 10, register: 2 });
});

it("a host death keeps what was synced and of the rest a drawn prefix; a register that was not synced may be the old one", () => {
  const drawn = Array.from({ length: 24 }, (_, seed) => left("hostDeath", seed));
  for (const { written, synced, register } of drawn) {
    expect(written).toBeGreaterThanOrEqual(10);
    expect(written).toBeLessThanOrEqual(30);
    expect(synced).toBe(written);
    expect([1, 2]).toContain(register);
  }
  expect(new Set(drawn.map(({ written }) => written)).size).toBeGreaterThan(8);
  expect(new Set(drawn.map(({ register }) => register)).size).toBe(2);
});

it("a flush under way when the process crashes makes nothing durable that was written after it began", () => {
  const { by } = play(
    [
      [
        100,
        1,
        ({ io }) => {
          io.log.append(0, 1);
          io.sync(1);
        },
      ],
      [
        100.2,
        1,
        ({ io }) => {
          io.log.append(0, 1);
          io.sync(2);
        },
      ],
    ],
    { overrides: { ...PLAIN, server: { fsync: constant(1_000) } } },
  );
  expect(by(1)).toEqual(["0 start 0", "101 synced 1 up to 1", "102 synced 2 up to 2"]);
});

it("a log that is taken back and written anew during a flush is synced as far as it was left standing", () => {
  const synced: number[] = [];
  const { by } = play(
    [
      [
        100,
        1,
        ({ io }) => {
          for (let i = 0; i < 3; i += 1) io.log.append(0, 1);
          io.sync(1);
        },
      ],
      [
        100.5,
        1,
        ({ io }) => {
          io.log.truncate(1);
          for (let i = 0; i < 5; i += 1) io.log.append(0, 2);
        },
      ],
    ],
    { overrides: { ...PLAIN, server: { fsync: constant(1_000) } }, reaction: (_, { io }) => synced.push(io.log.synced()) },
  );
  expect(by(1)).toEqual(["0 start 0", "101 synced 1 up to 1"]);
  expect(synced.at(-1)).toBe(1);
});
