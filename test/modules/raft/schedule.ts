/**
 * One random schedule: five founding peers and two spare ones on a simulated network that loses, duplicates, delays and
 * reorders, on disks that lose what was not synced, with clocks that drift, pauses, cuts, crashes, and a membership that
 * changes. A step is one input to one peer; after each the judge has seen every effect. At the end all faults stop, and within
 * a bound a leader must commit and all members follow.
 */
import type * as Raft from "../../../src/modules/raft/index.ts";
import { createClients } from "./clients.ts";
import { NO_COVERAGE } from "./coverage.ts";
import type { Coverage } from "./coverage.ts";
import { dice } from "./dice.ts";
import type { Dice } from "./dice.ts";
import { pop, push } from "./due-queue.ts";
import type { Due } from "./due-queue.ts";
import { compactDisk, crash, createHost, queueWrite, syncTo } from "./host.ts";
import type { Host, RaftModule, Write } from "./host.ts";
import { Breach, createJudge } from "./judge.ts";
import type { Judge } from "./judge.ts";
import { drawOptions } from "./schedule-options.ts";
import type { Profile } from "./schedule-options.ts";

type Happening =
  | { readonly kind: "message"; readonly host: number; readonly message: Raft.Message }
  | { readonly kind: "synced"; readonly host: number; readonly incarnation: number; readonly write: number }
  | { readonly kind: "restart"; readonly host: number }
  | { readonly kind: "resume"; readonly host: number }
  | { readonly kind: "nemesis" }
  | { readonly kind: "client" }
  | { readonly kind: "heal" };

/** A host's clock: `local(t) = since + (t - start) * rate`. */
interface Clock {
  readonly rate: number;
  readonly offset: number;
}

const PEERS = 7;

/** Runs the schedule of `seed` for at least `steps` steps. Throws `Breach`. */
export function runSchedule(raft: RaftModule, seed: number, steps: number, profile: Profile = {}): Coverage {
  const random = dice(seed);
  const options = drawOptions(random, profile);
  const world = createWorld(raft, random, options, profile);
  try {
    world.run(steps);
    world.heal();
  } catch (error) {
    if (error instanceof Breach) throw error;
    throw new Breach("Assertion", String(error));
  }
  return world.coverage;
}

interface World {
  readonly coverage: Coverage;
  readonly run: (steps: number) => void;
  readonly heal: () => void;
}

function createWorld(raft: RaftModule, random: Dice, options: ReturnType<typeof drawOptions>, profile: Profile): World {
  const judge: Judge = createJudge(profile.leavesReads);
  const clients = createClients();
  const effects = raft.createEffects();
  const coverage = { ...NO_COVERAGE };
  const hosts: Host[] = [];
  const clocks: Clock[] = [];
  const incarnations: number[] = [];
  const pausedUntil: number[] = [];
  const stalled: Happening[][] = [];
  const timerAt: number[] = [];
  const received: number[] = [];
  const queue: Due<Happening>[] = [];
  const candidates = new Map<number, number>();
  const electedTerms = new Set<number>();
  const cuts = new Set<number>();
  let now = 0;
  let order = 0;
  let token = 0;
  let isCalm = false;
  let lastLeader = 0;
  let commands = 0;

  const local = (id: number): number => Math.floor(clocks[id]!.offset + now * clocks[id]!.rate);
  const schedule = (delay: number, what: Happening): void => {
    order += 1;
    push(queue, { at: now + delay, order, what });
  };

  const start = (id: number): void => {
    const host = hosts[id]!;
    incarnations[id]! += 1;
    const timing = options.timingOf(id);
    const durable = { ...host.disk, entries: host.disk.entries.slice() };
    host.peer = raft.createPeer(id, { ...options.options, timing }, durable, local(id), random);
    arm(id);
  };

  const arm = (id: number): void => {
    const deadline = hosts[id]!.peer?.deadline() ?? Infinity;
    // Rounded up: no timer fires early by its own clock.
    timerAt[id] = deadline === Infinity ? Infinity : Math.max(now, Math.ceil((deadline - clocks[id]!.offset) / clocks[id]!.rate));
    while (timerAt[id] < Infinity && Math.floor(clocks[id]!.offset + timerAt[id] * clocks[id]!.rate) < deadline) timerAt[id] += 1;
  };

  const step = (id: number, input: Raft.Input): void => {
    const host = hosts[id]!;
    coverage.steps += 1;
    judge.before(host);
    host.peer!.step(local(id), input, effects);
    judge.after(host);
    for (const effect of effects.list) take(host, effect);
    effects.clear();
    arm(id);
  };

  const take = (host: Host, effect: Raft.Effect): void => {
    judge.effect(host, hosts, effect);
    clients.effect(host, effect, coverage.steps);
    switch (effect.kind) {
      case "send": {
        const message = raft.copyMessage(effect.message, effect.message.kind === "snapshot" ? effect.message.offset : undefined);
        if (effect.after > host.synced) host.held.push({ after: effect.after, message });
        else transmit(message);
        return;
      }
      case "persistEntries":
        if (effect.first <= host.writtenLast) coverage.truncations += 1;
        return write(host, effect);
      case "persistSnapshot":
        coverage.snapshotInstalls += 1;
        checkSnapshot(host, effect.snapshot);
        return write(host, effect);
      case "persistState":
        return write(host, effect);
      case "became":
        return became(host, effect);
      case "snapshotChunk":
        return takeChunk(host, effect);
      case "membershipChanged":
        coverage.membershipChanges += 1;
        return;
      case "refused":
        if (effect.reason === "catchUpFailed") coverage.catchUpsFailed += 1;
        return;
      case "commit":
        coverage.commits += effect.entries.length;
        return;
      default:
    }
  };

  /** The caller keeps bytes one after the other: a hole would be garbage. The harness sends as data the offset that a chunk claims. */
  const takeChunk = (host: Host, { offset, bytes, data }: Extract<Raft.Effect, { kind: "snapshotChunk" }>): void => {
    if (data !== offset || (offset !== 0 && offset !== received[host.id]))
      throw new Breach("Assertion", `${host.id} takes bytes ${offset} of a snapshot after ${received[host.id]}`);
    received[host.id] = offset + bytes;
  };

  const checkSnapshot = (host: Host, snapshot: Raft.Snapshot): void => {
    const entry = judge.entryAt(snapshot.index);
    if (snapshot.index <= host.applied)
      throw new Breach("State Machine Safety", `${host.id} goes back from ${host.applied} to ${snapshot.index}`);
    host.applied = snapshot.index;
    if (received[host.id] !== snapshot.size)
      throw new Breach("Assertion", `${host.id} installs ${received[host.id]} of ${snapshot.size} bytes`);
    if (entry?.term !== snapshot.term) throw new Breach("State Machine Safety", `${host.id} installs a snapshot that nobody committed`);
  };

  const write = (host: Host, effect: Write): void => {
    queueWrite(host, effect);
    const { id } = host;
    schedule(random.between(0, isCalm ? Math.min(2, options.syncMax) : options.syncMax), {
      kind: "synced",
      host: id,
      incarnation: incarnations[id]!,
      write: effect.write,
    });
  };

  const became = (host: Host, effect: Extract<Raft.Effect, { kind: "became" }>): void => {
    if (effect.role === "candidate") {
      const count = (candidates.get(effect.term) ?? 0) + 1;
      candidates.set(effect.term, count);
    } else if (effect.role === "leader") {
      electedTerms.add(effect.term);
      if (lastLeader !== host.id) coverage.leaderChanges += 1;
      lastLeader = host.id;
    }
  };

  const transmit = (message: Raft.Message): void => {
    judge.released(message);
    if (message.kind === "timeoutNow") coverage.transfers += 1;
    if (!isCalm && random.chance(options.loss)) return;
    const copies = !isCalm && random.chance(options.duplication) ? 2 : 1;
    for (let i = 0; i < copies; i += 1) {
      const isSlow = !isCalm && random.chance(options.slow);
      const delay = isCalm ? random.between(1, 2) : random.between(options.delayMin, isSlow ? options.delayMax * 20 : options.delayMax);
      schedule(delay, { kind: "message", host: message.to, message });
    }
  };

  const crashHost = (id: number): void => {
    const host = hosts[id]!;
    if (host.peer === undefined) return;
    if (host.peer.membership().outgoing.length > 0) coverage.crashesInJoint += 1;
    clients.crashed(id);
    const kept = random.chance(0.5) ? 0 : random.between(0, host.writes.length);
    if (crash(host, kept) > 0) coverage.unsyncedLosses += 1;
    timerAt[id] = Infinity;
    stalled[id] = [];
    schedule(random.between(1, options.downMax), { kind: "restart", host: id });
  };

  const propose = (id: number): void => {
    const count = random.chance(0.3) ? 3 : 1;
    for (let i = 1; i <= count; i += 1) {
      commands += 1;
      clients.writes(token + 1, id, commands, coverage.steps + 1);
      step(id, { kind: "propose", token: (token += 1), command: commands, size: random.between(1, 40), more: i < count });
    }
  };

  const leaders = (): number[] => ids().filter((id) => hosts[id]!.peer?.role() === "leader" && !isPaused(id));
  const isPaused = (id: number): boolean => pausedUntil[id]! > now;
  const ids = (): number[] => Array.from({ length: PEERS }, (_, i) => i + 1);
  const running = (): number[] => ids().filter((id) => hosts[id]!.peer !== undefined && !isPaused(id));

  const client = (): void => {
    // Whoever believes to lead is asked, deposed leaders too.
    for (const id of leaders()) {
      if (random.chance(profile.proposals ?? 0.6)) propose(id);
      if (random.chance(0.5)) {
        judge.asked((token += 1));
        clients.reads(token, id, coverage.steps + 1);
        step(id, { kind: "read", token });
      }
    }
    schedule(random.between(1, options.clientEvery), { kind: "client" });
  };

  const compact = (id: number): void => {
    const peer = hosts[id]!.peer!;
    const index = Math.min(peer.compactable(), random.between(peer.baseIndex(), peer.commit()));
    if (index <= peer.baseIndex()) return;
    step(id, { kind: "compact", index, size: random.between(0, 12) });
    compactDisk(hosts[id]!.disk, peer.snapshot());
  };

  const change = (id: number): void => {
    const count = random.between(profile.votersMin ?? 3, 5);
    const all = ids();
    const voters: number[] = [];
    while (voters.length < count) voters.push(...all.splice(random.below(all.length), 1));
    const learners = random.chance(0.3) ? all.splice(random.below(all.length), 1) : [];
    step(id, { kind: "changeMembership", token: (token += 1), voters, learners });
  };

  const cut = (): void => {
    if (random.chance(0.4)) {
      cuts.clear();
      return;
    }
    const [leader] = leaders();
    if (leader !== undefined && random.chance(0.25)) {
      const isDeaf = random.chance(0.5);
      for (const id of ids()) if (id !== leader) cuts.add(leader * 64 + id).add(isDeaf ? id * 64 + leader : 0);
      return;
    }
    if (leader !== undefined && random.chance(0.3)) {
      // One that no longer hears the leader, while everybody else does.
      const other = random.pick(ids());
      cuts.add(leader * 64 + other);
      if (random.chance(0.5)) cuts.add(other * 64 + leader);
      return;
    }
    const side = new Set(ids().filter(() => random.chance(0.4)));
    const isOneWay = random.chance(0.3);
    for (const a of ids()) for (const b of ids()) if (side.has(a) !== side.has(b) && (!isOneWay || side.has(a))) cuts.add(a * 64 + b);
  };

  const nemesis = (): void => {
    const kind = random.pick(options.faults);
    const [leader] = leaders();
    const victim = leader !== undefined && random.chance(0.4) ? leader : random.pick(ids());
    const isUp = hosts[victim]!.peer !== undefined && !isPaused(victim);
    if (kind === "crash") crashHost(victim);
    else if (kind === "pause" && isUp) {
      pausedUntil[victim] = now + random.between(1, options.pauseMax);
      schedule(pausedUntil[victim] - now, { kind: "resume", host: victim });
    } else if (kind === "cut") cut();
    else if (kind === "compact") for (const id of running()) compact(id);
    else if (kind === "change" && leader !== undefined) change(leader);
    else if (kind === "transfer" && leader !== undefined) step(leader, { kind: "transfer", token: (token += 1), to: random.pick(ids()) });
    else if (kind === "unreachable" && leader !== undefined) step(leader, { kind: "unreachable", peer: random.pick(ids()) });
    schedule(random.between(1, options.nemesisEvery), { kind: "nemesis" });
  };

  const deliver = (what: Happening): void => {
    if (what.kind === "message") {
      const { host: id, message } = what;
      if (!isCalm && cuts.has(message.from * 64 + id)) return;
      const host = hosts[id]!;
      if (host.peer === undefined) return;
      if (isPaused(id)) stalled[id]!.push(what);
      else step(id, { kind: "message", message });
    } else if (what.kind === "synced") {
      const host = hosts[what.host]!;
      if (host.peer === undefined || incarnations[what.host] !== what.incarnation || what.write <= host.synced) return;
      if (isPaused(what.host)) {
        stalled[what.host]!.push(what);
        return;
      }
      for (const message of syncTo(host, what.write)) transmit(message);
      step(what.host, { kind: "synced", write: what.write });
    } else if (what.kind === "restart") {
      if (hosts[what.host]!.peer === undefined) start(what.host);
    } else if (what.kind === "resume") {
      // Due timers first or messages first: both happen in the field.
      if (isPaused(what.host)) return;
      const waiting = stalled[what.host]!;
      stalled[what.host] = [];
      if (random.chance(0.5)) fireIfDue(what.host);
      for (const each of waiting) deliver(each);
    } else if (what.kind === "nemesis") {
      if (!isCalm) nemesis();
    } else if (what.kind === "client") client();
  };

  const fireIfDue = (id: number): void => {
    if (hosts[id]!.peer !== undefined && timerAt[id]! <= now) step(id, { kind: "timer" });
  };

  /** Moves to the next happening, be it a timer or what is in the queue. */
  const advance = (): void => {
    let timer = 0;
    let at = queue[0]?.at ?? Infinity;
    for (let id = 1; id <= PEERS; id += 1) {
      const due = isPaused(id) ? Math.max(timerAt[id]!, pausedUntil[id]!) : timerAt[id]!;
      if (due < at) {
        at = due;
        timer = id;
      }
    }
    if (at === Infinity) throw new Breach("Liveness", "nothing is due any more");
    now = Math.max(now, at);
    if (timer === 0) deliver(pop(queue).what);
    else if (!isPaused(timer)) step(timer, { kind: "timer" });
  };

  const run = (steps: number): void => {
    const founders = ids().slice(0, profile.founders ?? 5);
    const membership = { voters: founders, outgoing: [], learners: [], learnersNext: [] };
    const none = { voters: [], outgoing: [], learners: [], learnersNext: [] };
    for (let id = 0; id <= PEERS; id += 1) {
      hosts[id] = createHost(id, id <= founders.length ? membership : none);
      clocks[id] = { rate: 1 + random.uniform() * options.drift, offset: random.below(100_000) };
      incarnations[id] = 0;
      pausedUntil[id] = 0;
      stalled[id] = [];
      timerAt[id] = Infinity;
    }
    for (const id of ids()) start(id);
    schedule(options.nemesisEvery, { kind: "nemesis" });
    schedule(options.clientEvery, { kind: "client" });
    while (coverage.steps < steps) advance();
    for (const [term, count] of candidates) if (count > 1 && !electedTerms.has(term)) coverage.splitVotes += 1;
    coverage.reads = judge.counts.reads;
    coverage.leaseReads = judge.counts.leaseReads;
  };

  const heal = (): void => {
    isCalm = true;
    cuts.clear();
    pausedUntil.fill(0);
    for (const id of ids()) if (hosts[id]!.peer === undefined) start(id);
    for (const id of ids()) {
      const waiting = stalled[id]!;
      stalled[id] = [];
      for (const each of waiting) deliver(each);
    }
    const bound = now + options.healMax;
    const goal = judge.committedLast() + 1;
    while (!hasHealed(goal)) {
      if (now > bound) throw new Breach("Liveness", `not healed after ${options.healMax}: ${describe()}`);
      advance();
    }
    if (profile.isStable === true) checkStability();
    const { judged, open } = clients.judge(coverage.steps);
    coverage.histories = judged;
    coverage.historiesOpen = open;
  };

  /** Where nothing fails, the leader stays: heartbeats put off elections. */
  const checkStability = (): void => {
    const [leader] = leaders();
    const until = now + 1_000;
    do advance();
    while (queue.length > 0 && queue[0]!.at < until);
    if (leaders()[0] !== leader) throw new Breach("Liveness", `leader ${leader} gave way to ${leaders()[0]} though nothing failed`);
  };

  /** A leader of a settled membership has committed something new, and all its members know. */
  const hasHealed = (goal: number): boolean =>
    leaders().some((id) => {
      const { peer } = hosts[id]!;
      const { voters, outgoing, learners } = peer!.membership();
      return (
        peer!.commit() >= goal && outgoing.length === 0 && [...voters, ...learners].every((each) => hosts[each]!.peer!.commit() >= goal)
      );
    });

  const describe = (): string =>
    ids()
      .map((id) => hosts[id]!.peer!)
      .map((peer) => `${peer.id} ${peer.role()} term ${peer.term()} commit ${peer.commit()} last ${peer.lastIndex()}`)
      .join("; ");

  return { coverage, run, heal };
}
