/** Faults that leave a host up and not well, and what is left of data on disks that lost power or were wiped. */
import { describe, expect, it } from "vitest";
import { Is, Lane } from "../../../src/base/machine.ts";
import type { FaultAction, Link } from "../../../src/simulator/faults/fault.ts";
import { constant, fault, ms } from "./small-run.ts";
import { play, PLAIN, say, type Cue, type Setting } from "./stage.ts";

const server = (id: number): { readonly kind: "server"; readonly server: number } => ({ kind: "server", server: id });
const between = (from: number, to: number, oneWay = false): Link => ({ from: [server(from)], to: [server(to)], oneWay });
const at = (action: FaultAction, from: number, until: number | undefined): ReturnType<typeof fault> =>
  fault(action, ms(from), until === undefined ? undefined : ms(until - from));
const staged = (cues: readonly Cue[], faults: readonly ReturnType<typeof fault>[], more: Setting = {}): string[][] => {
  const setting: Setting = {
    overrides: PLAIN,
    ...more,
    faults: faults.map((each, place) => ({ ...each, name: `${each.name} ${place}` })),
  };
  const { by } = play(cues, setting);
  return [0, 1, 2].map((id) => by(id));
};
/** What the clocks of server 1 show at these instants of true time, milliseconds: [monotonic, wall]. */
function clocks(faults: readonly ReturnType<typeof fault>[], instants: readonly number[]): (readonly [number, number])[] {
  const seen: (readonly [number, number])[] = [];
  // Server 0, whose clock is right, asks; the way takes 1 ms.
  staged(
    instants.map((instant): Cue => [instant - 1, 0, (hand) => say(hand, 1, 1)]),
    faults,
    {
      reaction: (input, { io }) => {
        if (io.host() === 1 && input.kind === Is.Message) seen.push([io.now() / 1_000, io.wall() / 1_000]);
      },
    },
  );
  return seen;
}

describe("freeze", () => {
  const freeze: FaultAction = { kind: "freeze", target: [server(1)] };

  it("stops the monotonic clock and all timers, which a pause does not; what reached the machine meanwhile is heard after it", () => {
    const cues: Cue[] = [
      [150, 1, ({ io }) => io.setTimer(1, ms(100))],
      [210, 0, (hand) => say(hand, 1, 1)],
      [450, 0, (hand) => say(hand, 1, 2)],
    ];
    // By the machine's own clock the 200 ms never were: 250 ms of it are 450 ms of true time, 251 are 451.
    expect(staged(cues, [at(freeze, 200, 400)])[1]).toEqual(["0 start 0", "200 word 1 from 0", "250 timer 1", "251 word 2 from 0"]);
    expect(staged(cues, [at({ kind: "pause", target: [server(1)] }, 200, 400)])[1]).toEqual([
      "0 start 0",
      "400 timer 1",
      "400 word 1 from 0",
      "451 word 2 from 0",
    ]);
  });

  it("leaves the wall clock right", () => {
    expect(clocks([at(freeze, 200, 400)], [100, 500])).toEqual([
      [100, 100],
      [300, 500],
    ]);
  });

  it("makes jobs on the cores go on where they stopped", () => {
    const cues: Cue[] = [[150, 1, ({ io }) => io.work(Lane.Work, ms(100), 7)]];
    expect(staged(cues, [at(freeze, 200, 400)])[1]).toEqual(["0 start 0", "250 worked 7"]);
  });

  it("of two that overlap lasts until the later end, and what restarts on a frozen machine does so when it goes on", () => {
    expect(staged([[450, 0, (hand) => say(hand, 1, 1)]], [at(freeze, 200, 400), at(freeze, 300, 500)])[1]).toEqual([
      "0 start 0",
      "200 word 1 from 0",
    ]);
    const crash: FaultAction = { kind: "processCrash", target: [server(1)] };
    expect(staged([[450, 0, (hand) => say(hand, 1, 1)]], [at(crash, 150, 300), at(freeze, 200, 400)])[1]).toEqual([
      "0 start 0",
      "200 start 1",
      "251 word 1 from 0",
    ]);
  });

  it("is silence to its peers: even a process that is down there refuses nobody", () => {
    const crash: FaultAction = { kind: "processCrash", target: [server(1)] };
    const cues: Cue[] = [[250, 0, (hand) => say(hand, 1, 1)]];
    expect(staged(cues, [at(crash, 150, 900)])[0]).toEqual(["0 start 0", "252 refused by 1"]);
    expect(staged(cues, [at(crash, 150, 900), at(freeze, 200, 400)])[0]).toEqual(["0 start 0"]);
  });
});

describe("slow", () => {
  const slow = (cpu: number, disk: number): FaultAction => ({ kind: "slow", target: [server(1)], cpu, disk });

  it("makes demands on the cores take so many times as long, what is under way too, on either lane", () => {
    const work = (lane: Lane, from: number, token: number): Cue => [from, 1, ({ io }) => io.work(lane, ms(40), token)];
    const cues = [
      work(Lane.Work, 180, 1),
      work(Lane.Work, 250, 2),
      work(Lane.Control, 260, 3),
      work(Lane.Work, 590, 4),
      work(Lane.Work, 700, 5),
    ];
    // 20 ms at full speed and 20 at a quarter; 40 at a quarter; 10 at a quarter up to 600 (a quarter of 10), 37.5 after.
    expect(staged(cues, [at(slow(4, 1), 200, 600)])[1]).toEqual([
      "0 start 0",
      "280 worked 1",
      "410 worked 2",
      "420 worked 3",
      "637.5 worked 4",
      "740 worked 5",
    ]);
  });

  it("of the disk makes flushes late, and nothing else", () => {
    const sync = (from: number, token: number): Cue => [from, 1, ({ io }) => io.sync(token)];
    const cues: Cue[] = [sync(100, 1), sync(199.5, 2), sync(300, 3), sync(499, 4), [310, 1, ({ io }) => io.work(Lane.Work, ms(2), 9)]];
    // A flush takes 1 ms. The second is half done when the disk slows; the last has 9 of 20 ms left when it recovers... at full speed.
    expect(staged(cues, [at(slow(1, 20), 200, 509)])[1]).toEqual([
      "0 start 0",
      "101 synced 1 up to 0",
      "210 synced 2 up to 0",
      "312 worked 9",
      "320 synced 3 up to 0",
      "509.5 synced 4 up to 0",
    ]);
  });

  it("twice at once is as slow as the slower, until that ends", () => {
    const cues: Cue[] = [250, 350, 450].map((from): Cue => [from, 1, ({ io }) => io.work(Lane.Work, ms(5), from)]);
    expect(staged(cues, [at(slow(2, 1), 200, 400), at(slow(3, 1), 300, 500)])[1]).toEqual([
      "0 start 0",
      "260 worked 250",
      "365 worked 350",
      "465 worked 450",
    ]);
  });
});

describe("slow and lossy links", () => {
  const words = (from: number, to: number, ...times: number[]): Cue[] =>
    times.map((time): Cue => [time, from, (hand) => say(hand, to, time)]);

  it("a slow link makes messages late by its delay; they keep their order, and other links are not concerned", () => {
    const late: FaultAction = { kind: "slowLink", ...between(0, 1), delay: constant(ms(50)) };
    const cues = [...words(0, 1, 100, 210, 399, 420), ...words(1, 0, 220), ...words(0, 2, 230)];
    const [zero, one, two] = staged(cues, [at(late, 200, 400)]);
    expect(one).toEqual(["0 start 0", "101 word 100 from 0", "261 word 210 from 0", "450 word 399 from 0", "450 word 420 from 0"]);
    expect(zero).toEqual(["0 start 0", "271 word 220 from 1"]);
    expect(two).toEqual(["0 start 0", "231 word 230 from 0"]);
  });

  it("one way only is slow one way only", () => {
    const late: FaultAction = { kind: "slowLink", ...between(0, 1, true), delay: constant(ms(50)) };
    const [zero, one] = staged([...words(0, 1, 210), ...words(1, 0, 220)], [at(late, 200, 400)]);
    expect([zero, one]).toEqual([
      ["0 start 0", "221 word 220 from 1"],
      ["0 start 0", "261 word 210 from 0"],
    ]);
  });

  it("a lossy link delivers everything, in order, late by whole retransmission time-outs that double", () => {
    const lossy: FaultAction = { kind: "loss", ...between(0, 1), share: 0.3 };
    const times = Array.from({ length: 24 }, (_, i) => 1_000 + i * 4_000);
    const [, one] = staged(words(0, 1, ...times), [at(lossy, 500, 99_000)], { duration: 100_000 });
    const heard = one!.slice(1).map((line) => line.split(" "));
    expect(heard.map(([, , word]) => Number(word))).toEqual(times);
    const late = heard.map(([when, , word]) => Number(when) - Number(word) - 1);
    // 200 ms, and 400 more, and 800 more ...: none of the messages comes so soon that it would have to wait for another.
    for (const delay of late) expect([0, 200, 600, 1_400, 3_000]).toContain(delay);
    expect(new Set(late).size).toBeGreaterThan(2);
    const lost = late.filter((delay) => delay > 0).length;
    expect(lost).toBeGreaterThan(2);
    expect(lost).toBeLessThan(14);
  });

  it("a link that flaps is cut and mended in turn, the same link each time", () => {
    const flap: FaultAction = { kind: "flap", ...between(0, 1), down: constant(ms(50)), up: constant(ms(300)) };
    const cues = words(0, 1, 190, 210, 260, 540, 560, 620, 890, 910);
    const [, one] = staged(cues, [at(flap, 200, 900)]);
    // Down 200 to 250, 550 to 600 and 900, where it ends; what was held waits for the retransmission, and the next behind it.
    expect(one).toEqual([
      "0 start 0",
      "191 word 190 from 0",
      "451 word 210 from 0",
      "451 word 260 from 0",
      "541 word 540 from 0",
      "801 word 560 from 0",
      "801 word 620 from 0",
      "891 word 890 from 0",
      "911 word 910 from 0",
    ]);
  });
});

describe("clocks", () => {
  const by = (kind: "skew" | "clockJump", offset: number): FaultAction => ({ kind, target: [server(1)], by: ms(offset) });
  const drift = (ppm: number): FaultAction => ({ kind: "drift", target: [server(1)], ppm });

  it("a skew is taken back when it ends, a jump is not; the monotonic clock knows neither", () => {
    expect(clocks([at(by("skew", 500), 200, 400)], [100, 300, 500])).toEqual([
      [100, 100],
      [300, 800],
      [500, 500],
    ]);
    expect(clocks([at(by("clockJump", -150), 200, undefined)], [100, 300, 500])).toEqual([
      [100, 100],
      [300, 150],
      [500, 350],
    ]);
  });

  it("both clocks drift while the fault lasts, and stay off by what came of it", () => {
    expect(clocks([at(drift(250_000), 200, 400)], [100, 300, 400, 500])).toEqual([
      [100, 100],
      [325, 325],
      [450, 450],
      [550, 550],
    ]);
  });

  it("two drifts add up", () => {
    expect(clocks([at(drift(250_000), 200, 400), at(drift(-500_000), 300, 500)], [300, 400, 500, 600])).toEqual([
      [325, 325],
      [400, 400],
      [450, 450],
      [550, 550],
    ]);
  });

  it("timers are due by the clock as it runs then: moved when its drift changes, never early by it", () => {
    const cues: Cue[] = [
      [150, 1, ({ io }) => io.setTimer(1, ms(150))],
      [150, 1, ({ io }) => io.setTimer(2, ms(350))],
    ];
    const heard: [string, number][] = [];
    const reaction: Setting["reaction"] = (input, { io }) => {
      if (input.id === 1 || input.id === 2) heard.push([`timer ${input.id}`, io.now() / 1_000]);
    };
    staged(cues, [at(drift(250_000), 200, 400)], { reaction });
    expect(heard).toEqual([
      ["timer 1", 300],
      ["timer 2", 500],
    ]);
    // In true time: 300 is shown at 280, 500 at 450. A bystander that is told at once sees it so.
    const told = staged(cues, [at(drift(250_000), 200, 400)], {
      reaction: (input, hand) => {
        if (input.kind === Is.Timer) say(hand, 0, input.id);
      },
    })[0];
    expect(told).toEqual(["0 start 0", "281 word 1 from 1", "451 word 2 from 1"]);
  });
});

describe("what disks keep", () => {
  /** Server 1 writes ten entries at 100 ms and flushes them, ten more just before it dies; what it holds at 900 ms. */
  function survivors(action: FaultAction): {
    readonly exists: boolean;
    readonly written: number;
    readonly register: number;
    readonly heard: string[];
  } {
    let found = { exists: false, written: -1, register: -1 };
    const write: Cue[2] = ({ io }) => {
      for (let i = 0; i < 10; i += 1) io.log.append(0, 1);
      io.put(0, io.log.written());
    };
    const cues: Cue[] = [
      [
        100,
        1,
        (hand) => {
          write(hand);
          hand.io.sync(1);
        },
      ],
      [199.5, 1, write],
      [
        900,
        1,
        ({ io }) => {
          found = { exists: io.log.exists(), written: io.log.exists() ? io.log.written() : -1, register: io.register(0) };
        },
      ],
      [250, 0, (hand) => say(hand, 1, 1)],
    ];
    const [zero] = staged(cues, [at(action, 200, 400)]);
    return { ...found, heard: zero! };
  }
  const of = (kind: "processCrash" | "hostDeath" | "powerLoss" | "wipe"): ReturnType<typeof survivors> =>
    survivors({ kind, target: [server(1)] });

  it("a crash keeps what was written, a dead host what was synced and a prefix of the rest, a wiped disk nothing", () => {
    expect(of("processCrash")).toMatchObject({ exists: true, written: 20, register: 20 });
    for (const kind of ["hostDeath", "powerLoss"] as const) {
      const { exists, written, register } = of(kind);
      expect([exists, written >= 10 && written < 20, [10, 20].includes(register)]).toEqual([true, true, true]);
    }
    expect(of("wipe")).toMatchObject({ exists: false, register: 0 });
  });

  it("peers of a crashed process are refused at once, those of a dead or wiped host meet a reset when it is back", () => {
    expect(of("processCrash").heard).toEqual(["0 start 0", "252 refused by 1"]);
    for (const kind of ["hostDeath", "powerLoss", "wipe"] as const) expect(of(kind).heard).toEqual(["0 start 0", "601 reset by 1"]);
  });
});

describe("a volatile cache", () => {
  /** Server 1 appends and flushes one entry each 10 ms up to 190; it dies at 200. What is there at 900 ms. */
  function kept(kind: "hostDeath" | "powerLoss", volatileCache: number): { readonly written: number; readonly register: number } {
    let found = { written: -1, register: -1 };
    const cues: Cue[] = Array.from({ length: 19 }, (_, i): Cue => [
      10 * (i + 1),
      1,
      ({ io }) => {
        io.put(0, io.log.append(0, 1));
        io.sync(i);
      },
    ]);
    cues.push([900, 1, ({ io }) => void (found = { written: io.log.written(), register: io.register(0) })]);
    staged(cues, [at({ kind, target: [server(1)] }, 200, 400)], { overrides: { ...PLAIN, server: { volatileCache: ms(volatileCache) } } });
    return found;
  }

  it("is lost with the power, but for a prefix, and not with the host alone; what was flushed before it is safe", () => {
    expect(kept("hostDeath", 100)).toEqual({ written: 19, register: 19 });
    expect(kept("powerLoss", 0)).toEqual({ written: 19, register: 19 });
    const { written, register } = kept("powerLoss", 100);
    // A flush takes 1 ms: that of 90 ms is the last that is older than the cache.
    expect([written >= 9 && written < 19, register >= 9]).toEqual([true, true]);
    expect(kept("powerLoss", 10_000).written).toBeLessThan(written);
  });
});
