/** Messages and memberships in words, for transcripts. */
import type { Entry, Membership, Message } from "../../../src/modules/raft/index.ts";
import type { Write } from "./host.ts";

/** One line: `1->2 term 3: after 4:2, take 5:3; commit 4`. A place in the log is written index:term. */
export function describeMessage(message: Message): string {
  return `${message.from}->${message.to} term ${message.term}: ${describeBody(message)}`;
}

export function describeMembership({ voters, outgoing, learners, learnersNext }: Membership): string {
  const old = outgoing.length > 0 ? `{${outgoing.join(" ")}} and ` : "";
  const rest = [...learners, ...learnersNext];
  return `${old}{${voters.join(" ")}}${rest.length > 0 ? ` with learners {${rest.join(" ")}}` : ""}`;
}

export function describeWrite(write: Write): string {
  if (write.kind === "persistState")
    return `write ${write.write}: term ${write.term}, vote ${write.vote === 0 ? "for nobody" : `for ${write.vote}`}`;
  if (write.kind === "persistSnapshot") return `write ${write.write}: snapshot at ${write.snapshot.index}`;
  return `write ${write.write}: ${write.entries.map((entry, i) => `${write.first + i}:${entry.term}`).join(" ")}`;
}

function describeBody(message: Message): string {
  switch (message.kind) {
    case "preVoteRequest":
      return `would you vote for me? my log ends at ${message.lastIndex}:${message.lastTerm}`;
    case "preVoteResponse":
      return message.granted ? "I would" : "I would not";
    case "voteRequest":
      return `vote for me${message.transfer ? ", the leader wants it" : ""}; my log ends at ${message.lastIndex}:${message.lastTerm}`;
    case "voteResponse":
      return message.granted ? "you have my vote" : "no";
    case "append": {
      const entries = message.entries.map((entry, i) => `${message.prevIndex + 1 + i}:${entry.term}${describeEntry(entry)}`);
      const taken = entries.length > 0 ? `, take ${entries.join(" ")}` : "";
      return `after ${message.prevIndex}:${message.prevTerm}${taken}; commit ${message.commit}`;
    }
    case "appendAccepted":
      return `I match up to ${message.match}`;
    case "appendRefused":
      return message.prevIndex === 0 ? "your term is over" : `no such ${message.prevIndex}; try ${message.hintIndex}:${message.hintTerm}`;
    case "heartbeat":
      return `heartbeat ${message.round}; commit ${message.commit}`;
    case "heartbeatResponse":
      return `heard ${message.round}`;
    case "snapshot":
      return `snapshot to ${message.index}:${message.indexTerm}, bytes ${message.offset} to ${message.offset + message.bytes} of ${message.size}`;
    case "snapshotResponse":
      return `I have ${message.offset} bytes of ${message.index}`;
    case "timeoutNow":
      return "campaign at once";
  }
}

function describeEntry(entry: Entry): string {
  if (entry.kind === "command") return `=${String(entry.command)}`;
  return entry.kind === "noop" ? "" : `=${describeMembership(entry.membership)}`;
}
