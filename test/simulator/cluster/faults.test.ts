/** What peers see of each fault, and what is left when it is over. */
import { expect, it } from "vitest";
import { Channel } from "../../../src/base/machine.ts";
import type { FaultAction } from "../../../src/simulator/faults/fault.ts";
import { fault, ms } from "./small-run.ts";
import { play, PLAIN, say, type Cue, type Setting } from "./stage.ts";

const server = (id: number): { readonly kind: "server"; readonly server: number } => ({ kind: "server", server: id });
const striking = (kind: "processCrash" | "hostDeath" | "pause", id: number): FaultAction => ({ kind, target: [server(id)] });
const cutting = (from: number, to: number, oneWay = false): FaultAction => ({
  kind: "cut",
  from: [server(from)],
  to: [server(to)],
  oneWay,
});
const at = (action: FaultAction, from: number, until: number): ReturnType<typeof fault> => fault(action, ms(from), ms(until - from));
const staged = (cues: readonly Cue[], ...faults: ReturnType<typeof fault>[]): string[][] => {
  const setting: Setting = { overrides: PLAIN, faults: faults.map((each, place) => ({ ...each, name: `${each.name} ${place}` })) };
  const { by } = play(cues, setting);
  return [0, 1, 2].map((id) => by(id));
};

it("a crashed process's peers hear a reset at once, after all that it had sent", () => {
  const [zero, one] = staged(
    [
      [100, 0, (hand) => say(hand, 1, 1)],
      [199.9, 1, (hand) => say(hand, 0, 2)],
    ],
    at(striking("processCrash", 1), 200, 300),
  );
  expect(zero).toEqual(["0 start 0", "200.9 word 2 from 1", "201 reset by 1"]);
  expect(one).toEqual(["0 start 0", "101 word 1 from 0", "300 start 1"]);
});

it("who never spoke to it hears nothing of a crash", () => {
  const [, , two] = staged([[100, 0, (hand) => say(hand, 1, 1)]], at(striking("processCrash", 1), 200, 300));
  expect(two).toEqual(["0 start 0"]);
});

it("a process that is down refuses; one that is back takes what it is sent", () => {
  const [zero, one] = staged(
    [
      [220, 0, (hand) => say(hand, 1, 1)],
      [320, 0, (hand) => say(hand, 1, 2)],
    ],
    at(striking("processCrash", 1), 200, 300),
  );
  expect(zero).toEqual(["0 start 0", "222 refused by 1"]);
  expect(one).toEqual(["0 start 0", "300 start 1", "321 word 2 from 0"]);
});

it("what was sent before a refusal was heard of is lost, though the process is back by then", () => {
  const [zero, one] = staged(
    [
      [298.5, 0, (hand) => say(hand, 1, 1)],
      [299.8, 0, (hand) => say(hand, 1, 2)],
      [301, 0, (hand) => say(hand, 1, 3)],
    ],
    at(striking("processCrash", 1), 200, 300),
  );
  expect(zero).toEqual(["0 start 0", "300.5 refused by 1"]);
  expect(one).toEqual(["0 start 0", "300 start 1", "302 word 3 from 0"]);
});

it("a dead host is silent, and resets the first packet after it is back", () => {
  const [zero, one] = staged(
    [
      [100, 0, (hand) => say(hand, 1, 1)],
      [600, 0, (hand) => say(hand, 1, 2)],
      [610, 0, (hand) => say(hand, 1, 3)],
    ],
    at(striking("hostDeath", 1), 200, 400),
  );
  expect(zero).toEqual(["0 start 0", "602 reset by 1"]);
  expect(one).toEqual(["0 start 0", "101 word 1 from 0", "400 start 1", "611 word 3 from 0"]);
});

it("who kept sending to a dead host meets the reset when it next retransmits after the host is back", () => {
  const [zero, one] = staged(
    [
      [100, 0, (hand) => say(hand, 1, 1)],
      [300, 0, (hand) => say(hand, 1, 2)],
      [700, 0, (hand) => say(hand, 1, 3)],
    ],
    at(striking("hostDeath", 1), 200, 400),
  );
  expect(zero).toEqual(["0 start 0", "601 reset by 1"]);
  expect(one).toEqual(["0 start 0", "101 word 1 from 0", "400 start 1", "701 word 3 from 0"]);
});

it("a process that comes back and speaks first shows its peers that the former one is gone", () => {
  const [zero] = staged(
    [
      [100, 0, (hand) => say(hand, 1, 1)],
      [500, 1, (hand) => say(hand, 0, 2)],
    ],
    at(striking("hostDeath", 1), 200, 400),
  );
  expect(zero).toEqual(["0 start 0", "501 reset by 1", "501 word 2 from 1"]);
});

it("a whole cut holds what both sides send, and delivers it in order after the retransmission time-out", () => {
  const cues: Cue[] = [1, 2, 3].flatMap((n): Cue[] => [
    [200 + n, 0, (hand) => say(hand, 1, n)],
    [250 + n, 1, (hand) => say(hand, 0, 10 + n)],
  ]);
  const [zero, one] = staged(cues, at(cutting(0, 1), 150, 400));
  expect(one).toEqual(["0 start 0", "601 word 1 from 0", "601 word 2 from 0", "601 word 3 from 0"]);
  expect(zero).toEqual(["0 start 0", "601 word 11 from 1", "601 word 12 from 1", "601 word 13 from 1"]);
});

it("a one-way cut holds one way only, and none of the others' words", () => {
  const cues: Cue[] = [
    [200, 0, (hand) => say(hand, 1, 1)],
    [200, 0, (hand) => say(hand, 2, 2)],
    [200, 1, (hand) => say(hand, 0, 3)],
  ];
  const [zero, one, two] = staged(cues, at(cutting(0, 1, true), 150, 400));
  expect(zero).toEqual(["0 start 0", "201 word 3 from 1"]);
  expect(one).toEqual(["0 start 0", "601 word 1 from 0"]);
  expect(two).toEqual(["0 start 0", "201 word 2 from 0"]);
});

it("of two cuts that overlap the later end counts", () => {
  const [, one] = staged([[200, 0, (hand) => say(hand, 1, 1)]], at(cutting(0, 1), 150, 300), at(cutting(1, 0), 250, 500));
  expect(one).toEqual(["0 start 0", "701 word 1 from 0"]);
});

it("what was under way when the way was cut still arrives", () => {
  const [, one] = staged([[149.5, 0, (hand) => say(hand, 1, 1)]], at(cutting(0, 1), 150, 300));
  expect(one).toEqual(["0 start 0", "150.5 word 1 from 0"]);
});

it("a crash behind a cut is learnt by the first packet that gets through, and what was held for the former process is lost", () => {
  const [zero, one] = staged(
    [
      [100, 0, (hand) => say(hand, 1, 1)],
      [250, 0, (hand) => say(hand, 1, 2)],
      [700, 0, (hand) => say(hand, 1, 3)],
    ],
    at(cutting(0, 1), 150, 400),
    at(striking("processCrash", 1), 200, 300),
  );
  expect(zero).toEqual(["0 start 0", "602 reset by 1"]);
  expect(one).toEqual(["0 start 0", "101 word 1 from 0", "300 start 1", "701 word 3 from 0"]);
});

it("a paused process's peers hear nothing; when it goes on, due timers come first, then what reached it, in order", () => {
  const cues: Cue[] = [
    [150, 1, ({ io }) => io.setTimer(2, ms(150))],
    [151, 1, ({ io }) => io.setTimer(1, ms(100))],
    [210, 0, (hand) => say(hand, 1, 1)],
    [220, 2, (hand) => say(hand, 1, 2)],
    [230, 0, (hand) => say(hand, 1, 3, Channel.Data)],
  ];
  const [zero, one] = staged(cues, at(striking("pause", 1), 200, 400));
  expect(zero).toEqual(["0 start 0"]);
  expect(one).toEqual(["0 start 0", "400 timer 1", "400 timer 2", "400 word 1 from 0", "400 word 2 from 2", "400 word 3 from 0"]);
});

it("a timer that came due during a pause and is cancelled by an earlier one is not heard", () => {
  const { by } = play(
    [
      [
        150,
        1,
        ({ io }) => {
          io.setTimer(1, ms(100));
          io.setTimer(2, ms(110));
          io.setTimer(3, ms(120));
        },
      ],
    ],
    {
      overrides: PLAIN,
      faults: [at(striking("pause", 1), 200, 400)],
      reaction: (input, { io }) => {
        if (input.id === 1 && io.now() >= ms(400)) {
          io.cancelTimer(2);
          io.setTimer(3, ms(50));
        }
      },
    },
  );
  expect(by(1)).toEqual(["0 start 0", "400 timer 1", "450 timer 3"]);
});

it("a paused process learns on its return that a peer crashed meanwhile", () => {
  const [zero] = staged(
    [[100, 0, (hand) => say(hand, 1, 1)]],
    at(striking("pause", 0), 150, 400),
    at(striking("processCrash", 1), 200, 300),
  );
  expect(zero).toEqual(["0 start 0", "400 reset by 1"]);
});

it("a paused process that dies comes back without its pause, and one that is down cannot be paused", () => {
  const words: Cue[] = [[350, 0, (hand) => say(hand, 1, 1)]];
  const [, one] = staged(words, at(striking("pause", 1), 150, 600), at(striking("processCrash", 1), 200, 300));
  expect(one).toEqual(["0 start 0", "300 start 1", "351 word 1 from 0"]);
  const [, again] = staged(words, at(striking("processCrash", 1), 200, 300), at(striking("pause", 1), 250, 600));
  expect(again).toEqual(["0 start 0", "300 start 1", "351 word 1 from 0"]);
});

it("of two pauses that overlap the later end counts", () => {
  const [, one] = staged([[250, 0, (hand) => say(hand, 1, 1)]], at(striking("pause", 1), 150, 300), at(striking("pause", 1), 200, 400));
  expect(one).toEqual(["0 start 0", "400 word 1 from 0"]);
});

it("a host death during a crash and a crash during a host death hold the process down until both are over", () => {
  const [, one] = staged([], at(striking("processCrash", 1), 200, 500), at(striking("hostDeath", 1), 300, 400));
  expect(one).toEqual(["0 start 0", "500 start 1"]);
  const [, again] = staged([], at(striking("hostDeath", 1), 200, 400), at(striking("processCrash", 1), 300, 500));
  expect(again).toEqual(["0 start 0", "500 start 1"]);
});

it("a process that drops a connection is heard by its peer alone, and what the peer says meanwhile is lost", () => {
  const cues: Cue[] = [
    [100, 0, (hand) => say(hand, 1, 1)],
    [199.5, 0, (hand) => say(hand, 1, 2)],
    [200, 1, ({ io, context }) => io.close(context.processOfServer(0 as never))],
    [200.5, 0, (hand) => say(hand, 1, 3)],
    [300, 0, (hand) => say(hand, 1, 4)],
  ];
  const [zero, one] = staged(cues);
  expect(zero).toEqual(["0 start 0", "201 reset by 1"]);
  expect(one).toEqual(["0 start 0", "101 word 1 from 0", "200.5 word 2 from 0", "301 word 4 from 0"]);
});

it("what a host held back behind a cut dies with it", () => {
  const [, one] = staged(
    [
      [160, 0, (hand) => say(hand, 1, 1)],
      [500, 0, (hand) => say(hand, 1, 2)],
    ],
    at(cutting(0, 1), 150, 300),
    at(striking("hostDeath", 0), 200, 400),
  );
  expect(one).toEqual(["0 start 0", "501 word 2 from 0"]);
});

it("a host that is back without its process resets old connections, for nobody knows what they brought, and refuses new ones", () => {
  const cues: Cue[] = [
    [100, 0, (hand) => say(hand, 1, 1)],
    [500, 0, (hand) => say(hand, 1, 2)],
    [550, 0, (hand) => say(hand, 1, 3)],
  ];
  const [zero] = staged(cues, at(striking("hostDeath", 1), 200, 400), at(striking("processCrash", 1), 300, 700));
  expect(zero).toEqual(["0 start 0", "502 reset by 1", "552 refused by 1"]);
});
