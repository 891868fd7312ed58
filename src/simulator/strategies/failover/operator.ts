/** Who does what is planned with primaries: a person with a tool, or a script, on a host of its own. It watches the map and acts when it is time. */
import { Channel, Is, type Io, type Machine } from "../../../base/machine.ts";
import { seconds, type Duration } from "../../../base/time.ts";
import { serversIn, type MapSnapshot, type PartContext, type PlannedSwitchover } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";
import { createSwitchovers, TICK } from "./switchover.ts";

const Timer = { Due: 0, Watch: 1, Tick: 2 } as const;
/** Watching anew now and then survives a metadata service that has forgotten its watchers. */
const WATCH_AGAIN_AFTER = seconds(5);

/** `plan` in the order of its times. */
export function createOperator(context: PartContext, plan: readonly PlannedSwitchover[]): Machine {
  let map = context.initialMap();
  let next = 0;
  const switchovers = createSwitchovers(context, "operator 1", {
    map: () => map,
    learn: (news) => {
      map = news;
    },
    done: () => undefined,
  });

  function watch(io: Io): void {
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, Message.Watch, slot);
    io.setTimer(Timer.Watch, WATCH_AGAIN_AFTER);
  }

  /** Begins what is due; what is not due yet waits for its time. */
  function pursue(io: Io): void {
    for (; next < plan.length; next += 1) {
      const left = plan[next]!.at - io.now();
      if (left > 0) return io.setTimer(Timer.Due, left as Duration);
      begin(plan[next]!, io);
    }
  }

  function begin(planned: PlannedSwitchover, io: Io): void {
    const { of, to, cutover, within, label } = planned;
    for (let shard = 0; shard < context.shards; shard += 1) {
      const owner = map.owners[shard]!;
      if (of.kind === "shard" ? of.shard !== shard : !of.servers.some((server) => server === owner)) continue;
      const standbys = serversIn(map.replicas[shard]!, map.standing[shard]!).filter((server) => server !== owner);
      // From a place: to somewhere else, if there is anything else.
      const elsewhere = of.kind === "servers" ? standbys.filter((server) => !of.servers.includes(server)) : standbys;
      const free = elsewhere.length > 0 ? elsewhere : standbys;
      const candidates = to === undefined ? free : to.kind === "server" ? [to.server] : standbys.slice(to.ordinal - 1, to.ordinal);
      switchovers.begin(shard, { label, candidates, cutover, within }, io);
    }
    if (switchovers.anyBusy()) io.setTimer(Timer.Tick, TICK);
  }

  return {
    step: (input, io) => {
      switch (input.kind) {
        case Is.Start:
          switchovers.start(input.incarnation);
          // What was due while this machine was down is not made up for.
          while (next < plan.length && input.incarnation > 0 && plan[next]!.at < io.now()) next += 1;
          watch(io);
          return pursue(io);
        case Is.Message:
          if (input.message !== Message.Map) return switchovers.receive(input, io);
          return learnMap(io.messages.payload[input.slot] as MapSnapshot, io);
        case Is.Timer:
          if (input.id === Timer.Watch) return watch(io);
          if (input.id === Timer.Due) return pursue(io);
          switchovers.tick(io);
          if (switchovers.anyBusy()) io.setTimer(Timer.Tick, TICK);
          return;
        default:
          return;
      }
    },
  };

  function learnMap(news: MapSnapshot, io: Io): void {
    switchovers.superseded(news, io);
    map = { ...news, claimed: news.claimed.map((epoch, shard) => Math.max(epoch, map.claimed[shard]!)) };
  }
}
