/** Bulk transfers: max-min fair, held up by cuts, ended by deaths. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { TransferChange } from "../../../src/base/machine.ts";
import type { Instant } from "../../../src/base/time.ts";
import { createKernel } from "../../../src/simulator/kernel/kernel.ts";
import { createTransfers, type Transfers } from "../../../src/simulator/cluster/transfers.ts";
import type { FaultAction } from "../../../src/simulator/faults/fault.ts";
import { fault, ms } from "./small-run.ts";
import { play, PLAIN, type Cue } from "./stage.ts";

interface News {
  readonly at: number;
  readonly machine: number;
  readonly token: number;
  readonly change: number;
  readonly amount: number;
}
interface Bench {
  readonly transfers: Transfers;
  readonly news: News[];
  readonly cut: Set<string>;
  readonly runUntil: (at: number) => void;
}

/** Machines are hosts here; each has 1 byte per microsecond out and in. */
function bench(): Bench {
  const kernel = createKernel();
  const cut = new Set<string>();
  const news: News[] = [];
  const transfers = createTransfers(
    kernel,
    11,
    (machine) => machine,
    1_000_000,
    (from, to) => cut.has(`${from} ${to}`),
    (machine, _peer, token, change, amount) => news.push({ at: kernel.now(), machine, token, change, amount }),
  );
  return { transfers, news, cut, runUntil: (at) => kernel.run(at as Instant, () => transfers.progress()) };
}

const done = (news: readonly News[]): number[][] =>
  news.filter(({ change, machine }) => change === TransferChange.Done && machine < 100).map(({ at, token }) => [token, at]);

it("alone a transfer has the whole bandwidth; both ends hear of each tenth and of the end", () => {
  const { transfers, news, runUntil } = bench();
  transfers.start(0, 1, 1_000, 7);
  runUntil(10_000);
  expect(news.map(({ at, machine, change, amount }) => [at, machine, change, amount])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((tenth) =>
      [0, 1].map((end) => [tenth * 100, end, tenth === 10 ? TransferChange.Done : TransferChange.Progress, tenth * 100]),
    ),
  );
  expect(transfers.active()).toBe(0);
});

it("transfers share the tighter end fairly, and who is held back elsewhere leaves its share to the others", () => {
  const { transfers, news, runUntil } = bench();
  // Into 9: three at 1/3 each. Out of 0: one is at 1/3 by that, the other may have 2/3.
  transfers.start(0, 9, 1_000, 1);
  transfers.start(1, 9, 2_000, 2);
  transfers.start(2, 9, 2_000, 3);
  transfers.start(0, 8, 2_000, 4);
  runUntil(100_000);
  // 1 and 4 end at 3000; then 2 and 3 have 1/2 each for the 1000 bytes that each has left.
  expect(done(news.filter(({ machine }) => machine >= 8))).toEqual([
    [1, 3_000],
    [4, 3_000],
    [2, 5_000],
    [3, 5_000],
  ]);
});

/** Rates that nobody can raise without lowering one that is no larger: by filling all at once in small steps. */
function filled(pairs: readonly (readonly [number, number])[]): number[] {
  const rates = pairs.map(() => 0);
  const open = new Set(pairs.keys());
  const step = 1 / 5_040; // Divides by every number of transfers up to ten.
  const load = (end: number, side: 0 | 1): number => pairs.reduce((sum, pair, i) => sum + (pair[side] === end ? rates[i]! : 0), 0);
  while (open.size > 0) {
    for (const i of open) rates[i] = rates[i]! + step;
    for (const i of [...open]) if (load(pairs[i]![0], 0) > 1 - step / 2 || load(pairs[i]![1], 1) > 1 - step / 2) open.delete(i);
  }
  return rates;
}

it("rates are max-min fair", () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.nat(3),
          fc.nat(3).map((n) => n + 10),
        ),
        { minLength: 1, maxLength: 7 },
      ),
      (pairs) => {
        const { transfers, news, runUntil } = bench();
        const size = 1_000_000;
        pairs.forEach(([from, to], token) => transfers.start(from, to, size, token));
        // Until the first tenth of the fastest, nothing changes; by then each has moved its rate.
        const rates = filled(pairs);
        const fastest = Math.max(...rates);
        runUntil(Math.ceil(size / 10 / fastest) + 10);
        const first = news
          .filter(({ machine }) => machine >= 10)
          .map(({ token }) => token)
          .sort((a, b) => a - b);
        expect(first).toEqual(rates.flatMap((rate, token) => (rate > fastest - 1e-3 ? [token] : [])));
        runUntil(size * 10);
        const all = new Map(done(news.filter(({ machine }) => machine >= 10)) as [number, number][]);
        expect(all.size).toBe(pairs.length);
        // No end ever carries more than it can.
        const last = Math.max(...all.values());
        for (const side of [0, 1] as const)
          for (const end of new Set(pairs.map((pair) => pair[side])))
            expect(last).toBeGreaterThanOrEqual(pairs.filter((pair) => pair[side] === end).length * size - 10);
        // And an end that all of them share is never idle.
        if (new Set(pairs.map(([from]) => from)).size === 1) expect(last).toBeLessThan(pairs.length * size + 20 * pairs.length);
      },
    ),
    { numRuns: 150 },
  ));

it("a cut holds a transfer up, and it goes on where it stopped; another takes its share meanwhile", () => {
  const { transfers, news, cut, runUntil } = bench();
  transfers.start(0, 1, 1_000, 1);
  transfers.start(0, 2, 1_000, 2);
  runUntil(500);
  cut.add("0 1");
  transfers.changed();
  runUntil(1_500);
  expect(done(news.filter(({ machine }) => machine > 0))).toEqual([[2, 1_250]]);
  expect(transfers.active()).toBe(0);
  cut.clear();
  transfers.changed();
  runUntil(10_000);
  expect(done(news.filter(({ machine }) => machine > 0))).toEqual([
    [2, 1_250],
    [1, 2_250],
  ]);
});

const server = (id: number): { readonly kind: "server"; readonly server: number } => ({ kind: "server", server: id });
const act = (action: FaultAction, at: number, until: number): ReturnType<typeof fault> => fault(action, ms(at), ms(until - at));
/** 10 MB from server 0 to server 1 at 100 ms, at 100 MB/s. */
const sending: Cue = [100, 0, ({ io, actor }) => io.transfer(actor(1), 10_000_000, 5)];
const overrides = { ...PLAIN, server: { bandwidth: 100_000_000 } };

it("a transfer's receiver and sender hear of its end, and the next in line has the way", () => {
  const { by } = play([sending, [120, 2, ({ io, actor }) => io.transfer(actor(1), 1_000_000, 6)]], { overrides });
  expect(by(2)).toEqual([
    "0 start 0",
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${120 + n * 2} transfer 6 progress ${n * 100_000}`),
    "140 transfer 6 done 1000000",
  ]);
  expect(by(1).at(-1)).toBe("210 transfer 5 done 10000000");
  expect(by(0).at(-1)).toBe("210 transfer 5 done 10000000");
});

it("a process crash at either end fails it for the other at once", () => {
  const crash = act({ kind: "processCrash", target: [server(1)] }, 150, 300);
  expect(
    play([sending], { overrides, faults: [crash] })
      .by(0)
      .at(-1),
  ).toBe("150 transfer 5 failed 5000000");
  const other = act({ kind: "processCrash", target: [server(0)] }, 150, 300);
  const { by } = play([sending], { overrides, faults: [other] });
  expect(by(1).at(-1)).toBe("150 transfer 5 failed 5000000");
  expect(by(0).slice(-1)).toEqual(["300 start 1"]);
});

it("a host death leaves it hanging until the host is back and knows nothing of it", () => {
  const death = act({ kind: "hostDeath", target: [server(1)] }, 155, 300);
  const { by } = play([sending], { overrides, faults: [death] });
  expect(by(0).filter((line) => line.includes("transfer"))).toEqual(
    [110, 120, 130, 140, 150].map((at, n) => `${at} transfer 5 progress ${(n + 1) * 1_000_000}`).concat("300 transfer 5 failed 5500000"),
  );
  expect(by(1).at(-1)).toBe("300 start 1");
});

it("one to a process that is down fails at once, one that is given up by close fails for both", () => {
  const crash = act({ kind: "processCrash", target: [server(1)] }, 50, 300);
  expect(
    play([sending], { overrides, faults: [crash] })
      .by(0)
      .at(-1),
  ).toBe("100 transfer 5 failed 0");
  const giving: Cue = [155, 1, ({ io, context }) => io.close(context.processOfServer(0 as never))];
  const { by } = play([sending, giving], { overrides });
  expect(by(0).filter((line) => line.includes("failed"))).toEqual(["155 transfer 5 failed 5500000"]);
  expect(by(1).filter((line) => line.includes("failed"))).toEqual(["155 transfer 5 failed 5500000"]);
});

it("a cut between the ends holds it up for as long as it lasts", () => {
  const cut = act({ kind: "cut", from: [server(0)], to: [server(1)], oneWay: true }, 150, 400);
  expect(
    play([sending], { overrides, faults: [cut] })
      .by(1)
      .at(-1),
  ).toBe("450 transfer 5 done 10000000");
});
