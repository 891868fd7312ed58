/** Connections by themselves: order, loss, cuts, and what is left in the pools. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Instant } from "../../../src/base/time.ts";
import { createKernel } from "../../../src/simulator/kernel/kernel.ts";
import { createStreams } from "../../../src/simulator/kernel/random.ts";
import { createMessages } from "../../../src/simulator/cluster/messages.ts";
import { createNetwork, type Network } from "../../../src/simulator/cluster/network.ts";
import { createOperations } from "../../../src/simulator/cluster/operations.ts";
import { buildTopology } from "../../../src/simulator/cluster/topology.ts";
import type { NetworkSpec } from "../../../src/simulator/cluster/spec.ts";
import { constant, exponential, ms, smallSpec } from "./small-run.ts";

interface Arrived {
  readonly at: number;
  readonly word: number;
}
interface Bench {
  readonly network: Network;
  readonly send: (from: number, to: number, channel: number, word: number) => void;
  readonly runUntil: (at: number) => void;
  readonly arrived: Arrived[];
  readonly live: () => number;
}

/** Three processes on three hosts. */
function bench(overrides: Partial<NetworkSpec> = {}, extra = 0): Bench {
  const { cluster } = smallSpec();
  const kernel = createKernel();
  const messages = createMessages(createOperations(() => undefined));
  const topology = buildTopology(cluster, {});
  const network = createNetwork(kernel, topology, { ...cluster.network, ...overrides }, messages, { deliver: 0 }, createStreams(1).stream);
  for (let process = 0; process < 3 + extra; process += 1) network.addProcess(process, process % 3, `process ${process}`);
  const arrived: Arrived[] = [];
  return {
    network,
    arrived,
    send: (from, to, channel, word) => {
      const slot = messages.allocate();
      messages.fields.index[slot] = word;
      messages.fields.channel[slot] = channel;
      messages.fields.to[slot] = to;
      network.send(slot, from, to, 0);
    },
    runUntil: (at) =>
      kernel.run(at as Instant, (_kind, _target, slot) => {
        arrived.push({ at: kernel.now(), word: messages.fields.index[slot]! });
        messages.free(slot);
      }),
    live: messages.live,
  };
}

const sending = fc.array(fc.record({ gap: fc.nat(300), from: fc.nat(2), to: fc.nat(2), channel: fc.nat(2) }), { maxLength: 60 });

it("nothing overtakes within a pair and channel, nothing is lost, and nothing is early", () =>
  fc.assert(
    fc.property(sending, fc.constantFrom(0, 0.3), (words, loss) => {
      const { send, runUntil, arrived, live } = bench({ crossZone: exponential(400), loss });
      let now = 0;
      const sentAt = words.map(({ gap, from, to, channel }, word) => {
        now += gap;
        runUntil(now);
        send(from, to, channel, word);
        return now;
      });
      runUntil(now + 60_000_000);
      expect(arrived).toHaveLength(words.length);
      expect(live()).toBe(0);
      const last = new Map<string, number>();
      for (const { at, word } of arrived) {
        const { from, to, channel } = words[word]!;
        const line = `${from} ${to} ${channel}`;
        expect(word).toBeGreaterThan(last.get(line) ?? -1);
        expect(at).toBeGreaterThanOrEqual(sentAt[word]!);
        last.set(line, word);
      }
    }),
  ));

it("a channel does not wait for another: a retransmission holds up its own alone", () => {
  // Of many words each on a channel of its own pair, those that are not lost take 1 ms whatever became of the others.
  const { send, runUntil, arrived } = bench({ loss: 0.5 }, 300);
  for (let process = 3; process < 303; process += 1)
    for (const channel of [0, 1, 2]) send(process, (process + 1) % 3, channel, process * 3 + channel);
  runUntil(10_000_000);
  const times = new Set(arrived.map(({ at }) => at));
  expect([...times].sort((a, b) => a - b)).toEqual([1_000, 201_000]);
  const late = arrived.filter(({ at }) => at > 1_000);
  expect(late.length).toBeGreaterThan(380);
  expect(late.length).toBeLessThan(520);
  const mixed = [...Array(300).keys()].filter(
    (n) => new Set(arrived.filter(({ word }) => Math.floor(word / 3) === n + 3).map(({ at }) => at)).size === 2,
  );
  expect(mixed.length).toBeGreaterThan(150);
});

it("a lost message costs one retransmission time-out, and holds up what follows it on its channel", () => {
  const { send, runUntil, arrived } = bench({ loss: 1, retransmission: ms(200) });
  send(0, 1, 0, 1);
  runUntil(1_000_000);
  expect(arrived).toEqual([{ at: 201_000, word: 1 }]);
});

it("processes that join later have connections of their own, and are cut off with their host", () => {
  const { network, send, runUntil, arrived } = bench({ retransmission: ms(200) });
  for (let process = 3; process < 40; process += 1) network.addProcess(process, process % 3, `late ${process}`);
  send(39, 37, 1, 1);
  network.block(0, 1);
  send(39, 37, 1, 2);
  send(37, 39, 1, 3);
  send(38, 37, 1, 4);
  runUntil(50_000);
  expect(arrived.map(({ word }) => word)).toEqual([1, 3, 4]);
  network.unblock(0, 1);
  runUntil(1_000_000);
  expect(arrived.at(-1)).toEqual({ at: 251_000, word: 2 });
  expect(network.peers(37)).toEqual([38, 39]);
});

it("a connection that is held up keeps so much and no more, and what it dropped goes back to the pool", () => {
  const { network, send, runUntil, arrived, live } = bench();
  network.block(0, 1);
  for (let word = 0; word < 1_000; word += 1) send(0, 1, 0, word);
  expect(live()).toBe(256);
  network.unblock(0, 1);
  runUntil(1_000_000);
  expect(arrived.map(({ word }) => word)).toEqual(Array.from({ length: 256 }, (_, word) => word));
  network.block(0, 1);
  send(0, 1, 0, 1);
  network.close(1, 0);
  expect(live()).toBe(0);
});

it("on one host the host's own latency counts, and a named pair's before the distance", () => {
  const named = { between: [{ from: "a", to: "b", latency: constant(7_000) }] };
  const { send, runUntil, arrived } = bench({ ...named, sameHost: constant(20) }, 1);
  send(0, 3, 0, 1);
  send(0, 1, 0, 2);
  send(1, 0, 0, 3);
  runUntil(1_000_000);
  expect(arrived).toEqual([
    { at: 20, word: 1 },
    { at: 1_000, word: 3 },
    { at: 7_000, word: 2 },
  ]);
});
