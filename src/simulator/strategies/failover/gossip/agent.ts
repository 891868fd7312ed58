/**
 * A server of a Redis Cluster (Redis 7, src/cluster_legacy.c; redis-doc, cluster-spec): nodes ping one another and tell
 * what they know of third ones; a node that does not answer for the node time-out may have failed, and has failed once a
 * majority of primaries say so; its shards' replicas then stand for election, and primaries vote once an epoch. Who
 * wins claims the shards under a new configuration epoch, and that claim spreads.
 *
 * One node is one server here. A server may hold the primary of one shard and standbys of others: it has one vote if it
 * owns anything, it fails as a whole, and each of its shards is taken over by an election of its own, voted for at most
 * once in two node time-outs. A candidate that owns another shard votes for itself.
 *
 * node.ts is another node, slots.ts who owns what, election.ts when a replica stands, health.ts whether to serve,
 * packet.ts what is said, saving.ts what survives a crash (nodes.conf).
 */
import type { MachineId, ServerId, ShardId } from "../../../../base/ids.ts";
import { Channel, ConnectionChange, Is, type Input, type Io, type Machine } from "../../../../base/machine.ts";
import { milliseconds } from "../../../../base/time.ts";
import { serversIn, type PartContext, type ReplicaView } from "../../contracts.ts";
import { sendMap, sendReport, sendRole } from "../../letters.ts";
import { BYTES, Message } from "../../messages.ts";
import { isBereft } from "../agent.ts";
import { untilNextRun } from "../redis-loop.ts";
import { createSaving, wallMilliseconds, type Disk } from "../saving.ts";
import { createCandidacy, isTooOld, stand, type Candidacy } from "./election.ts";
import { createHealth, type Health } from "./health.ts";
import { answered, countReports, createNode, isOverdue, isStuck, type Node } from "./node.ts";
import { packetBytes, type Claim, type Gossip, type Packet } from "./packet.ts";
import { CRON_PERIOD, GOSSIP_LEAST, PING_CHOICES, PING_EVERY, RECONCILE_PERIOD, type GossipSettings } from "./settings.ts";
import { createSlots } from "./slots.ts";

const Timer = { Cron: 0 } as const;
/** Elections are the cluster's: its facts name no single observer. */
const BY_CLUSTER = "cluster";
/** A timer so late means that the process stood still: what came meanwhile is read first, as an event loop would. */
const LATE = 50;
const READ_FIRST = 1;
/** The books are told again until they have it. */
const REPORT_PERIOD = 1_000;

/** What a node keeps in nodes.conf. */
export interface SavedNode {
  readonly currentEpoch: number;
  readonly votedIn: number;
  readonly slots: readonly Claim[];
}

/** What replicas of the same server can see of it. */
export interface GossipView {
  readonly isUp: () => boolean;
}

export function createGossipAgent(context: PartContext, self: ServerId, settings: GossipSettings, disk: Disk<SavedNode>): Machine {
  const { nodeTimeout } = settings;
  const initial = context.initialMap();
  const slots = createSlots(initial, disk.saved?.slots);
  const replicasOf = Array.from({ length: context.shards }, (_, shard) =>
    serversIn(context.replicasOf(shard as ShardId), initial.standing[shard]!),
  );
  /** Shards of which this server has a replica. */
  const own = replicasOf.flatMap((servers, shard) => (servers.includes(self) ? [shard] : []));
  const nodes: (Node | undefined)[] = [];
  const candidacies = new Map<number, Candidacy>(own.map((shard) => [shard, createCandidacy()]));
  /** When the shard's owner, as far as a replica of it here can tell, was last heard; 0: never since the start. */
  const ownerHeardAt = new Float64Array(context.shards);
  const offsets = new Map<string, number>();
  const votedAt = new Float64Array(context.shards);
  const reconciledAt = new Float64Array(context.shards);
  const booked = Int32Array.from(initial.epochs);
  let reportedAt = 0;
  let currentEpoch = disk.saved?.currentEpoch ?? 1;
  let votedIn = disk.saved?.votedIn ?? 0;
  let round = 0;
  let dueAt = 0;
  /** Nodes that might have failed when the last run of the timer began (stats_pfail_nodes). */
  let suspects = 0;
  let now = 0;
  let health: Health | undefined;
  const saving = createSaving(disk, (): SavedNode => ({ currentEpoch, votedIn, slots: slots.all() }));
  const majority = (): number => Math.floor(slots.primaries().length / 2) + 1;
  const replica = (shard: number): MachineId => context.replicaMachine(shard as ShardId, self);
  const viewOf = (shard: number, io: Io): ReplicaView | undefined => io.view(replica(shard)) as ReplicaView | undefined;

  function step(input: Input, io: Io): void {
    now = wallMilliseconds(io);
    // A server whose disk was wiped is another node: this one has gone.
    if (input.kind === Is.Message && isBereft(self, context, io)) return;
    switch (input.kind) {
      case Is.Start:
        return start(input.incarnation === 0, io);
      case Is.Message:
        return receive(input, io);
      case Is.Timer:
        return cron(io);
      case Is.Synced:
        return saving.synced(input.id, io);
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened) broken(input.peer);
        return;
      default:
        return;
    }
  }

  /** At the beginning of a run the cluster has long been there: answers are of any age. Later a node finds the others anew. */
  function start(isOld: boolean, io: Io): void {
    const draws = io.random("phase");
    for (let server = 0; server < context.servers.length; server += 1)
      nodes.push(server === self ? undefined : createNode(server, now, isOld ? Math.floor((draws.uniform() * nodeTimeout) / 2) : -1));
    health = createHealth(self, context.shards, slots, nodes, settings, isOld);
    if (isOld) ownerHeardAt.fill(now);
    else for (const node of nodes) if (node !== undefined) node.pongAt = now;
    round = draws.below(PING_EVERY);
    dueAt = now + Math.floor(draws.uniform() * CRON_PERIOD);
    io.setTimer(Timer.Cron, milliseconds(dueAt - now));
  }

  function receive(input: Input, io: Io): void {
    const m = io.messages;
    const slot = input.slot;
    switch (input.message) {
      case Message.Bus:
        return packet(m.payload[slot] as Packet, io);
      case Message.Promoted:
        return promoted(m.shard[slot]!, m.epoch[slot]!, io);
      case Message.ReadMap:
      case Message.Watch:
        return sendMap(slots.snapshot(), input.from, io);
      case Message.Reported:
        booked[m.shard[slot]!] = Math.max(booked[m.shard[slot]!]!, m.epoch[slot]!);
        return;
      default:
        return;
    }
  }

  // The timer.

  function cron(io: Io): void {
    if (now - dueAt > LATE) {
      dueAt = now;
      return io.setTimer(Timer.Cron, milliseconds(READ_FIRST));
    }
    dueAt = now + CRON_PERIOD;
    io.setTimer(Timer.Cron, untilNextRun(CRON_PERIOD, io));
    round += 1;
    suspects = 0;
    for (const node of nodes) if (node?.mayHaveFailed === true) suspects += 1;
    for (const node of nodes) if (node !== undefined && !node.isLinked) connect(node, io);
    if (round % PING_EVERY === 0) pingOldest(io);
    let isChanged = false;
    for (const node of nodes) if (node !== undefined && look(node, io)) isChanged = true;
    for (const shard of own) seek(shard, io);
    if (isChanged || !health!.isUp()) updateHealth(io);
    for (const shard of own) reconcile(shard, io);
    report(io);
  }

  /** Of some random nodes the one that has been silent for the longest. */
  function pingOldest(io: Io): void {
    let oldest: Node | undefined;
    for (let i = 0; i < PING_CHOICES; i += 1) {
      const node = nodes[io.random("ping").below(nodes.length)];
      if (node === undefined || !node.isLinked || node.pingedAt !== 0) continue;
      if (oldest === undefined || oldest.pongAt > node.pongAt) oldest = node;
    }
    if (oldest !== undefined) ping(oldest, io);
  }

  /** True if the node may have failed from now on. */
  function look(node: Node, io: Io): boolean {
    // What the old connection holds back comes all the same once it can: the network here has but one between two processes.
    if (isStuck(node, now, nodeTimeout)) node.isLinked = false;
    if (node.isLinked && node.pingedAt === 0 && now - node.pongAt > nodeTimeout / 2) {
      ping(node, io);
      return false;
    }
    if (node.mayHaveFailed || node.hasFailed || !isOverdue(node, now, nodeTimeout)) return false;
    node.mayHaveFailed = true;
    io.fact({ kind: "suspected", server: node.server, by: context.servers[self]!.name });
    // A cluster of one primary has nobody else to ask.
    if (slots.primaries().length === 1 && slots.isPrimary(self)) markIfAgreed(node, io);
    return true;
  }

  function connect(node: Node, io: Io): void {
    node.isLinked = true;
    node.linkedAt = now;
    send(node.server, { ...header(io), kind: "connect" }, io);
  }

  function broken(peer: number): void {
    for (const node of nodes) if (node !== undefined && context.processOfServer(node.server as ServerId) === peer) node.isLinked = false;
  }

  // What is said.

  function header(io: Io): Pick<Packet, "sender" | "currentEpoch" | "claims" | "offsets"> {
    return {
      sender: self,
      currentEpoch,
      claims: slots.claimsOf(own),
      offsets: own.filter((shard) => slots.owner(shard) !== self).map((shard) => ({ shard, offset: viewOf(shard, io)?.last() ?? 0 })),
    };
  }

  function send(to: number, what: Packet, io: Io): void {
    const slot = io.message();
    io.messages.payload[slot] = what;
    io.messages.bytes[slot] = BYTES.envelope + packetBytes(what);
    io.send(context.agentMachine(to as ServerId), Channel.Control, Message.Bus, slot);
  }

  function broadcast(what: Packet, io: Io, to: (node: Node) => boolean = () => true): void {
    for (const node of nodes) if (node !== undefined && node.isLinked && to(node)) send(node.server, what, io);
  }

  function ping(node: Node, io: Io): void {
    node.pingedAt = now;
    send(node.server, { ...header(io), kind: "ping", gossip: gossip(io) }, io);
  }

  /**
   * Some random nodes, and as many of those that may have failed as were counted when the last run of the timer began: who is
   * suspected in a run is told of from the next one on (clusterSendPing).
   */
  function gossip(io: Io): readonly Gossip[] {
    let fresh = nodes.length - 2;
    const wanted = Math.min(Math.max(GOSSIP_LEAST, Math.floor(nodes.length / 10)), fresh);
    const chosen = new Set<Node>();
    for (let tries = wanted * 3; fresh > 0 && chosen.size < wanted && tries > 0; tries -= 1) {
      const node = nodes[io.random("gossip").below(nodes.length)];
      if (node === undefined || node.mayHaveFailed || chosen.has(node)) continue;
      fresh -= 1;
      if (node.isLinked || slots.isPrimary(node.server)) chosen.add(node);
    }
    let room = suspects;
    for (const node of nodes) {
      if (room === 0) break;
      if (node?.mayHaveFailed !== true) continue;
      chosen.add(node);
      room -= 1;
    }
    return [...chosen].map(({ server, pongAt, mayHaveFailed, hasFailed }) => ({
      node: server,
      pongAt: Math.floor(pongAt / 1000),
      mayHaveFailed,
      hasFailed,
    }));
  }

  function packet(what: Packet, io: Io): void {
    const sender = nodes[what.sender];
    if (sender === undefined) return;
    sender.dataAt = now;
    if (what.currentEpoch > currentEpoch) currentEpoch = what.currentEpoch;
    for (const { shard, offset } of what.offsets) offsets.set(`${shard} ${what.sender}`, offset);
    for (const shard of own) if (slots.owner(shard) === what.sender) ownerHeardAt[shard] = now;
    switch (what.kind) {
      case "connect":
        return send(what.sender, { ...header(io), kind: "connected" }, io);
      case "connected": {
        const before = sender.pingedAt;
        ping(sender, io);
        if (before !== 0) sender.pingedAt = before;
        return;
      }
      case "ping":
        send(what.sender, { ...header(io), kind: "pong", gossip: gossip(io) }, io);
        return heard(what.sender, what.claims, what.gossip, io);
      case "pong": {
        const wasDown = sender.mayHaveFailed || sender.hasFailed;
        answered(sender, now, slots.isPrimary(what.sender), nodeTimeout);
        if (wasDown && !sender.mayHaveFailed && !sender.hasFailed) {
          io.fact({ kind: "retracted", server: what.sender, by: context.servers[self]!.name });
          updateHealth(io);
        }
        return heard(what.sender, what.claims, what.gossip, io);
      }
      case "fail":
        return told(what.node, io);
      case "authRequest":
        return voteFor(what.sender, what.shard, what.currentEpoch, what.configEpoch, io);
      case "authAck":
        return counted(what.sender, what.shard, what.currentEpoch, io);
      case "update":
        for (const claim of what.news) adopt(claim, io);
        return;
    }
  }

  function heard(from: number, claims: readonly Claim[], gossiped: readonly Gossip[], io: Io): void {
    const stale = claims.filter(({ shard, epoch }) => epoch < slots.epoch(shard));
    for (const claim of claims) if (claim.owner === from) adopt(claim, io);
    if (stale.length > 0) send(from, { ...header(io), kind: "update", news: slots.claimsOf(stale.map(({ shard }) => shard)) }, io);
    const isVoter = slots.isPrimary(from);
    for (const { node: about, pongAt, mayHaveFailed, hasFailed } of gossiped) {
      const node = nodes[about];
      if (node === undefined) continue;
      const isDown = mayHaveFailed || hasFailed;
      if (isVoter && isDown) {
        node.reports.set(from, now);
        markIfAgreed(node, io);
      } else if (isVoter) node.reports.delete(from);
      if (isDown || node.pingedAt !== 0 || countReports(node, now, nodeTimeout) > 0) continue;
      const pong = pongAt * 1000;
      if (pong <= now + 500 && pong > node.pongAt) node.pongAt = pong;
    }
  }

  // Failure.

  function markIfAgreed(node: Node, io: Io): void {
    if (!node.mayHaveFailed || node.hasFailed) return;
    const agreed = countReports(node, now, nodeTimeout) + (slots.isPrimary(self) ? 1 : 0);
    if (agreed < majority()) return;
    for (let shard = 0; shard < context.shards; shard += 1)
      if (slots.owner(shard) === node.server) io.fact({ kind: "actionable", server: node.server, shard, by: BY_CLUSTER });
    fail(node, io);
    broadcast({ ...header(io), kind: "fail", node: node.server }, io);
  }

  function told(server: number, io: Io): void {
    const node = nodes[server];
    if (node !== undefined && !node.hasFailed) fail(node, io);
  }

  function fail(node: Node, io: Io): void {
    node.mayHaveFailed = false;
    node.hasFailed = true;
    node.failedAt = now;
    updateHealth(io);
  }

  function updateHealth(io: Io): void {
    if (!health!.update(now)) return;
    for (const shard of own) {
      const view = viewOf(shard, io);
      if (view === undefined || !view.isAccepting()) continue;
      if (health!.isUp()) io.fact({ kind: "ready", shard, epoch: view.epoch(), server: self, planned: false });
      else io.fact({ kind: "demoted", shard, epoch: view.epoch(), server: self, reason: "the cluster is down" });
    }
  }

  // Elections.

  /** Stands for a shard whose owner has failed, when it is time. */
  function seek(shard: number, io: Io): void {
    const owner = slots.owner(shard);
    if (owner === self || nodes[owner]?.hasFailed !== true) return;
    if (isTooOld(now - ownerHeardAt[shard]!, settings)) return;
    const candidacy = candidacies.get(shard)!;
    const offset = viewOf(shard, io)?.last() ?? 0;
    const others = replicasOf[shard]!.filter((server) => server !== self && server !== owner);
    const rank = others.filter((server) => (offsets.get(`${shard} ${server}`) ?? 0) > offset).length;
    const move = stand(candidacy, now, rank, settings, io.random("delay").below);
    if (move === "scheduled")
      return broadcast({ ...header(io), kind: "pong", gossip: gossip(io) }, io, ({ server }) => others.includes(server as ServerId));
    if (move !== "ask") return;
    currentEpoch += 1;
    candidacy.epoch = currentEpoch;
    candidacy.isSent = true;
    io.fact({ kind: "election", shard, epoch: candidacy.epoch, server: self, outcome: "started" });
    if (mayVote(shard)) {
      votedIn = currentEpoch;
      votedAt[shard] = now;
      candidacy.votes.add(self);
    }
    const request: Packet = { ...header(io), kind: "authRequest", shard, configEpoch: slots.epoch(shard) };
    saving.save(io);
    saving.after((later) => broadcast(request, later), io);
  }

  const mayVote = (shard: number): boolean => slots.isPrimary(self) && votedIn !== currentEpoch && now - votedAt[shard]! >= nodeTimeout * 2;

  /** A primary votes once an epoch, and once for a shard in two node time-outs (clusterSendFailoverAuthIfNeeded). */
  function voteFor(candidate: number, shard: number, epoch: number, configEpoch: number, io: Io): void {
    if (!mayVote(shard) || epoch < currentEpoch) return;
    const owner = slots.owner(shard);
    if (owner === candidate || nodes[owner]?.hasFailed !== true) return;
    if (slots.epoch(shard) > configEpoch) return;
    votedIn = currentEpoch;
    votedAt[shard] = now;
    const ack: Packet = { ...header(io), kind: "authAck", shard };
    saving.save(io);
    saving.after((later) => send(candidate, ack, later), io);
  }

  function counted(voter: number, shard: number, epoch: number, io: Io): void {
    const candidacy = candidacies.get(shard);
    if (candidacy === undefined || !candidacy.isSent || epoch < candidacy.epoch || !slots.isPrimary(voter)) return;
    candidacy.votes.add(voter);
    const owner = slots.owner(shard);
    if (candidacy.votes.size < majority() || owner === self || nodes[owner]?.hasFailed !== true) return;
    io.fact({ kind: "election", shard, epoch: candidacy.epoch, server: self, outcome: "won" });
    io.fact({ kind: "chosen", shard, epoch: candidacy.epoch, server: self, by: BY_CLUSTER });
    adopt({ shard, owner: self, epoch: candidacy.epoch }, io);
  }

  /** A claim under a greater epoch: this server's replica takes its place in it. */
  function adopt(claim: Claim, io: Io): void {
    if (!slots.learn(claim)) return;
    saving.save(io);
    reconciledAt[claim.shard] = 0;
    updateHealth(io);
    reconcile(claim.shard, io);
  }

  /** The replica here is told what it should be, until it is. */
  function reconcile(shard: number, io: Io): void {
    const view = own.includes(shard) ? viewOf(shard, io) : undefined;
    if (view === undefined || now - reconciledAt[shard]! < RECONCILE_PERIOD) return;
    // It was elected and crashed before the configuration was written.
    if (view.isPrimary() && view.epoch() > slots.epoch(shard)) slots.learn({ shard, owner: self, epoch: view.epoch() });
    const owner = slots.owner(shard);
    const epoch = slots.epoch(shard);
    if (view.epoch() === epoch && view.owner() === owner) return;
    reconciledAt[shard] = now;
    const role = { shard, epoch, owner, members: initial.members[shard]!, standing: initial.standing[shard]! };
    sendRole(owner === self ? Message.Promote : Message.Configure, replica(shard), role, io);
  }

  /** The replica here accepts writes: from now on the claim is told, and this server may be asked. */
  function promoted(shard: number, epoch: number, io: Io): void {
    if (slots.owner(shard) !== self || slots.epoch(shard) !== epoch) return;
    io.fact({ kind: "visible", shard, epoch, server: self, by: context.servers[self]!.name });
    broadcast({ ...header(io), kind: "pong", gossip: gossip(io) }, io);
    io.fact({ kind: "notified", shard, epoch });
    report(io);
  }

  // News.

  /** The run's metadata service only keeps books here: nobody acts by its word. */
  function report(io: Io): void {
    if (now - reportedAt < REPORT_PERIOD) return;
    for (const shard of own) {
      if (slots.owner(shard) !== self || slots.epoch(shard) <= booked[shard]!) continue;
      reportedAt = now;
      sendReport(context.metadata(), shard, slots.epoch(shard), self, true, io);
    }
  }

  const view: GossipView = { isUp: () => health?.isUp() ?? false };
  return { step, published: view };
}
