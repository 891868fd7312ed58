import fc from "fast-check";
import { expect, it } from "vitest";
import { addInflight, createProgress, freeInflight, freeOldest, isInflightFull } from "../../../src/modules/raft/flow.ts";
import type { Progress } from "../../../src/modules/raft/flow.ts";
import { createLog, lastIndexOfTermAtMost, termAt } from "../../../src/modules/raft/log.ts";
import { DEFAULT_OPTIONS } from "../../../src/modules/raft/options.ts";
import { isElectionWon, isQuorumActive, reachedByQuorum } from "../../../src/modules/raft/quorum.ts";
import { entriesOf } from "./rig.ts";

const member = fc.record({
  isVoter: fc.boolean(),
  isOutgoing: fc.boolean(),
  match: fc.nat(6),
  vote: fc.constantFrom(-1 as const, 0 as const, 1 as const),
  isActive: fc.boolean(),
});
const group = fc
  .array(member, { minLength: 1, maxLength: 7 })
  .filter((all) => all.some((each) => each.isVoter))
  .map((all) => all.map((each, i): Progress => ({ ...createProgress(i + 1, 1), ...each })));

/** The plain definition: more than half of each side that there is. */
function isQuorum(peers: readonly Progress[], claim: (peer: Progress) => boolean): boolean {
  const sides = [peers.filter((peer) => peer.isVoter), peers.filter((peer) => peer.isOutgoing)];
  return sides.every((side) => side.length === 0 || side.filter(claim).length * 2 > side.length);
}

it("a value is reached by a quorum exactly if a majority of each side has it", () => {
  fc.assert(
    fc.property(group, fc.nat(6), (peers, value) => {
      const reached = reachedByQuorum(peers, (peer) => peer.match, []);
      expect(reached >= value).toBe(isQuorum(peers, (peer) => peer.match >= value));
    }),
  );
});

it("an election is won exactly with a quorum of votes, and a leader stays exactly with a quorum that it heard", () => {
  fc.assert(
    fc.property(group, (peers) => {
      expect(isElectionWon(peers)).toBe(isQuorum(peers, (peer) => peer.vote === 1));
      expect(isQuorumActive(peers)).toBe(isQuorum(peers, (peer) => peer.isActive));
    }),
  );
});

it("the last place of a term at most t is what a scan from behind finds", () => {
  const steps = fc.array(fc.nat(2), { maxLength: 12 });
  fc.assert(
    fc.property(steps, fc.nat(5), fc.nat(20), fc.nat(20), (rises, baseIndex, index, term) => {
      let last = 1;
      const log = createLog(baseIndex, baseIndex === 0 ? 0 : 1, entriesOf(rises.map((rise) => (last += rise))));
      let scan = Math.max(baseIndex, Math.min(index, baseIndex + rises.length));
      while (scan > baseIndex && termAt(log, scan)! > term) scan -= 1;
      expect(lastIndexOfTermAtMost(log, index, term)).toBe(scan);
    }),
  );
});

it("the window counts appends and bytes like a plain list of them", () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), bytes: fc.nat(20) }),
    fc.record({ kind: fc.constant("free" as const), upTo: fc.nat(40) }),
    fc.record({ kind: fc.constant("oldest" as const) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const progress = createProgress(1, 1);
      let list: { end: number; bytes: number }[] = [];
      let end = 0;
      for (const each of acts) {
        if (each.kind === "add") {
          end += 1;
          addInflight(progress, end, each.bytes);
          list.push({ end, bytes: each.bytes });
        } else if (each.kind === "free") {
          freeInflight(progress, each.upTo);
          list = list.filter((one) => one.end > each.upTo);
        } else if (list.length > 0) {
          freeOldest(progress);
          list.shift();
        }
        const bytes = list.reduce((sum, one) => sum + one.bytes, 0);
        expect([progress.inflightCount, progress.inflightBytes]).toEqual([list.length, bytes]);
        const limits = { ...DEFAULT_OPTIONS, inflightMessagesMax: 5, inflightBytesMax: 50 };
        expect(isInflightFull(progress, limits)).toBe(list.length >= 5 || bytes >= 50);
      }
    }),
  );
});
