/** What a leader sends: appends within the window of each follower, snapshots to those too far behind, heartbeats to all. */
import { flush, send } from "./core.ts";
import type { Core } from "./core.ts";
import { addInflight, mayAppend } from "./flow.ts";
import type { Progress } from "./flow.ts";
import { lastIndex, termAt } from "./log.ts";
import { sendChunk } from "./snapshot.ts";

/** Sends every member what it lacks, as far as its window allows. */
export function broadcastAppends(core: Core): void {
  flush(core);
  for (const progress of core.peers) if (progress !== core.self) sendAppends(core, progress);
}

/** Sends `progress` entries until it has all or its window is full. Sends nothing if there are none to send. */
export function sendAppends(core: Core, progress: Progress): void {
  while (progress.next <= lastIndex(core.log) && mayAppend(progress, core.options)) sendAppend(core, progress);
}

/** One append from `progress.next` on, empty if there is nothing new; or the first chunk of a snapshot if the log begins later. */
export function sendAppend(core: Core, progress: Progress): void {
  const { log, options } = core;
  const prevIndex = progress.next - 1;
  const prevTerm = termAt(log, prevIndex);
  if (prevTerm === undefined) {
    sendChunk(core, progress);
    return;
  }
  const message = core.write.append.take();
  const entries = message.entries;
  const from = prevIndex - log.baseIndex;
  let count = 0;
  let bytes = 0;
  while (from + count < log.entries.length && count < options.messageEntriesMax) {
    const entry = log.entries[from + count]!;
    if (count > 0 && bytes + entry.size > options.messageBytesMax) break;
    bytes += entry.size;
    entries[count] = entry;
    count += 1;
  }
  if (entries.length > count) entries.length = count;
  message.from = core.id;
  message.to = progress.id;
  message.term = core.term;
  message.prevIndex = prevIndex;
  message.prevTerm = prevTerm;
  message.commit = core.commit;
  message.round = core.round;
  message.sentAt = core.now;
  if (progress.state === "probe") {
    progress.isPaused = true;
    progress.probedAt = core.now;
  } else if (count > 0) {
    // Optimism: the next append does not wait for the answer (dissertation section 10.2.1, pipelining).
    progress.next += count;
    addInflight(progress, progress.next - 1, bytes);
  }
  send(core, message);
}

/** Starts a new round of heartbeats: each answer proves that this peer still led when it was sent. */
export function startRound(core: Core): void {
  core.round += 1;
  flush(core);
  for (const progress of core.peers) {
    if (progress === core.self) continue;
    const message = core.write.heartbeat.take();
    message.from = core.id;
    message.to = progress.id;
    message.term = core.term;
    // Not beyond what it is known to hold: a heartbeat compares no logs.
    message.commit = Math.min(core.commit, progress.match);
    message.round = core.round;
    message.sentAt = core.now;
    send(core, message);
  }
}
