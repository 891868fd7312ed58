/**
 * An election by its bare rules (Ongaro and Ousterhout, section 5; dissertation sections 4.2.3 and 9.6), written apart from the
 * module and without its code: a log is its length, and entries are never sent. What the module should do under conditions that
 * nobody has published.
 */
import type { Random } from "../../base/random.ts";
import { createDueQueue } from "./due-queue.ts";
import { drawCrash, logLengths, majorityOf, type PlayElection } from "./election.ts";

interface Server {
  readonly log: number;
  readonly phase: number;
  readonly random: Random;
  term: number;
  votedFor: Server | undefined;
  role: "follower" | "asking" | "candidate" | "leader";
  heardAt: number;
  /** Its time-out; as leader, its next heartbeat. */
  dueAt: number;
  /** Term or vote differ from what was given to the disk; how many writes it was given, and the last one that it has. */
  isChanged: boolean;
  written: number;
  durable: number;
  waiting: Waiting[];
  /** Who has granted it a vote, or a pre-vote; as leader, who has answered since the last check. */
  readonly friends: Set<Server>;
  checkAt: number;
}

/** What waits for a write to be durable. */
interface Waiting {
  readonly write: number;
  readonly what: () => void;
}

export const electByRules: PlayElection = (conditions, streamOf, stepsMost) => {
  const { electionMin, electionMax, heartbeat, tick, preVote, checkQuorum, oneWay } = conditions;
  const draws = streamOf("draws");
  const due = createDueQueue<() => void>();
  const { crash, heard } = drawCrash(conditions, draws);
  const majority = majorityOf(conditions.servers);
  let now = 0;
  let firstTimeout = Infinity;
  /** The first new leader's term, and who of the others has its first word. */
  let firstTerm = 0;
  const informed = new Set<Server>();

  const unit = tick === 0 ? 1 : tick;
  const ticksAt = (server: Server, at: number): number => (tick === 0 ? at : Math.floor((at - server.phase) / tick));
  const after = (server: Server, time: number): number => (ticksAt(server, now) + time / unit) * unit + server.phase;
  const restart = (server: Server): void => {
    server.dueAt = after(server, electionMin + unit * server.random.below((electionMax - electionMin) / unit + 1));
  };
  const hasLeader = (server: Server): boolean =>
    server.role === "leader" || ticksAt(server, now) - ticksAt(server, server.heardAt) < electionMin / unit;

  const flush = (server: Server): void => {
    if (!server.isChanged) return;
    server.isChanged = false;
    const takes = server.role === "candidate" ? conditions.persistCandidate(draws) : conditions.persistVoter(draws);
    server.written += 1;
    const write = server.written;
    // A flush that ends makes all durable that was written before it.
    due.push(now + takes, () => {
      server.durable = Math.max(server.durable, write);
      for (const waiting of server.waiting.splice(0)) whenDurable(server, waiting);
    });
  };
  const whenDurable = (server: Server, waiting: Waiting): void => {
    if (waiting.write <= server.durable) waiting.what();
    else server.waiting.push(waiting);
  };
  /** Leaves when term and vote are durable, and travels. */
  const say = (from: Server, what: () => void): void => {
    flush(from);
    whenDurable(from, { write: from.written, what: () => due.push(now + oneWay(draws), what) });
  };
  const sayToAll = (from: Server, what: (to: Server) => void): void => {
    for (const to of servers) if (to !== from) say(from, () => what(to));
  };

  const adopt = (server: Server, term: number): void => {
    server.term = term;
    server.votedFor = undefined;
    server.isChanged = true;
    stepDown(server);
  };
  const stepDown = (server: Server): void => {
    if (server.role === "leader") restart(server);
    server.role = "follower";
  };

  const stand = (server: Server, role: "asking" | "candidate"): void => {
    server.role = role;
    server.friends.clear();
    restart(server);
  };
  const ask = (server: Server): void => {
    stand(server, "asking");
    const term = server.term + 1;
    server.friends.add(server);
    sayToAll(server, (to) => {
      const isGranted = term > to.term && !hasLeader(to) && server.log >= to.log;
      const theirs = to.term;
      say(to, () => {
        if (!isGranted && theirs > server.term) adopt(server, theirs);
        if (!isGranted || server.role !== "asking" || server.term + 1 !== term) return;
        server.friends.add(to);
        if (server.friends.size >= majority) campaign(server);
      });
    });
  };
  const campaign = (server: Server): void => {
    stand(server, "candidate");
    server.term += 1;
    server.votedFor = server;
    server.isChanged = true;
    flush(server);
    const { term } = server;
    whenDurable(server, { write: server.written, what: () => count(server, server, term) });
    sayToAll(server, (to) => {
      if (term > to.term) {
        if (checkQuorum && hasLeader(to)) return;
        adopt(to, term);
      }
      const isFree = to.votedFor === undefined || to.votedFor === server;
      const isGranted = term === to.term && isFree && server.log >= to.log;
      if (isGranted) {
        to.isChanged ||= to.votedFor === undefined;
        to.votedFor = server;
        restart(to);
      }
      const theirs = to.term;
      say(to, () => {
        if (theirs > server.term) adopt(server, theirs);
        else if (isGranted) count(server, to, term);
      });
    });
  };
  const count = (server: Server, voter: Server, term: number): void => {
    if (server.role !== "candidate" || server.term !== term) return;
    server.friends.add(voter);
    if (server.friends.size < majority) return;
    server.role = "leader";
    server.friends.clear();
    server.checkAt = checkQuorum ? after(server, electionMin) : Infinity;
    lead(server);
  };
  const lead = (server: Server): void => {
    server.dueAt = after(server, heartbeat);
    const { term } = server;
    if (firstTerm === 0) firstTerm = term;
    sayToAll(server, (to) => {
      if (term === firstTerm) informed.add(to);
      if (term > to.term) adopt(to, term);
      if (term === to.term) {
        to.role = "follower";
        to.heardAt = now;
        restart(to);
      }
      const theirs = to.term;
      say(to, () => {
        if (theirs > server.term) adopt(server, theirs);
        else if (server.role === "leader" && server.term === term) server.friends.add(to);
      });
    });
  };
  const expire = (server: Server): void => {
    if (server.role !== "leader") {
      firstTimeout = Math.min(firstTimeout, now);
      if (preVote) ask(server);
      else campaign(server);
      return;
    }
    if (now >= server.checkAt) {
      server.friends.add(server);
      const isHeard = server.friends.size >= majority;
      server.friends.clear();
      server.checkAt = after(server, electionMin);
      if (!isHeard) {
        stepDown(server);
        return;
      }
    }
    lead(server);
  };

  const servers = logLengths(conditions).map((log, i): Server => {
    const place = { log, phase: tick === 0 ? 0 : draws.below(tick), random: streamOf(`server ${i + 2}`) };
    const state = { term: 1, votedFor: undefined, role: "follower", heardAt: heard[i]! } as const;
    return { ...place, ...state, dueAt: 0, isChanged: false, written: 0, durable: 0, waiting: [], friends: new Set(), checkAt: Infinity };
  });
  for (const server of servers) {
    now = server.heardAt;
    restart(server);
  }
  for (let steps = 0; steps < stepsMost; steps += 1) {
    const next = servers.reduce((first, server) => (server.dueAt < first.dueAt ? server : first));
    now = Math.min(next.dueAt, due.nextAt());
    if (due.nextAt() <= next.dueAt) due.pop()();
    else expire(next);
    for (const server of servers) flush(server);
    const isOver = (firstTerm > 0 && informed.size === servers.length - 1) || now - crash >= conditions.patience;
    if (isOver) {
      const terms = (firstTerm > 0 ? firstTerm : servers[0]!.term) - 1;
      return { downtime: Math.min(now - crash, conditions.patience), firstTimeout: firstTimeout - crash, terms, steps };
    }
  }
  return undefined;
};
