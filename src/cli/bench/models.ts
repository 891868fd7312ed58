/**
 * The models that the kernel is timed by. Each is run in a process of its own (child.ts), so that one model's handler
 * does not spoil the compiler's view of another's. Absolute times mean little; kernel.ts judges ratios.
 */
import { instant, type Instant } from "../../base/time.ts";
import { createKernel, type Kernel } from "../../simulator/kernel/kernel.ts";
import { createStream } from "../../simulator/kernel/random.ts";
import { drawExponential } from "../../simulator/kernel/ziggurat.ts";
import { createHistogram } from "../../simulator/record/histogram.ts";

/** What a model did and what it cost. */
export interface Timed {
  /** Events handled, or customers served. */
  readonly count: number;
  /** CPU time of the measured part, all threads of the process, a count. */
  readonly nanoseconds: number;
  /** A figure that tells whether two programs did the same: the same for equal work, or near a known value. */
  readonly check: number;
}

/** Mean gap of the hold model and of the full step: with n pending, an event every (this ÷ n). */
const GAP_MEAN = 1_000_000;
const GAPS = 65_536;
/** The run is cut into slices, as a simulation with progress reports is: the loop is then compiled as a whole function. */
const SLICES = 50;

/**
 * The hold model (W. R. Franta, K. Maly, CACM 20(8), 1977): each event, when handled, schedules itself again after a
 * random gap, so the number pending stays. Gaps come from a table that the C++ program makes by the same rule.
 */
export function hold(pending: number, events: number): Timed {
  const gaps = gapTable();
  return warmThenTime(
    () => {
      const kernel = createKernel();
      const { now, schedule } = kernel;
      for (let i = 0; i < pending; i += 1) schedule(gaps[i % GAPS] as Instant, 0, i, Math.imul(i, 7_919) & (GAPS - 1));
      return {
        kernel,
        handle: (kind: number, target: number, argument: number): void => {
          schedule((now() + gaps[argument]!) as Instant, kind, target, (argument + 1) & (GAPS - 1));
        },
        check: () => kernel.dispatched(),
      };
    },
    { pending, events },
  );
}

/** Marsaglia's 32-bit xorshift, and exponentials by inversion: easy to write alike in two languages. */
function gapTable(): Float64Array {
  let state = 12_345;
  return Float64Array.from({ length: GAPS }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(-Math.log(1 - (state >>> 0) / 4_294_967_296) * GAP_MEAN + 0.5);
  });
}

/** A full step: dispatch, draw an exponential, count it in a histogram, schedule. What a simulation does again and again. */
export function step(pending: number, events: number): Timed {
  return warmThenTime(
    () => {
      const kernel = createKernel();
      const { now, schedule } = kernel;
      const random = createStream("bench/step");
      const histogram = createHistogram();
      for (let i = 0; i < pending; i += 1) schedule(instant(Math.floor(drawExponential(random) * GAP_MEAN + 0.5)), 0, i, 0);
      return {
        kernel,
        handle: (kind: number, target: number, argument: number): void => {
          const gap = Math.floor(drawExponential(random) * GAP_MEAN + 0.5);
          histogram.record(gap);
          schedule((now() + gap) as Instant, kind, target, argument);
        },
        check: () => histogram.encode().sum / histogram.count() / GAP_MEAN,
      };
    },
    { pending, events },
  );
}

interface Model {
  readonly kernel: Kernel;
  readonly handle: (kind: number, target: number, argument: number) => void;
  readonly check: () => number;
}

/** Enough for the compiler to have seen several kernels, streams and handlers, as it has in a process that makes many runs. */
const WARM_RUNS = 6;

/** Runs models of the kind to let them be compiled, then times one more. */
function warmThenTime(create: () => Model, { pending, events }: { pending: number; events: number }): Timed {
  const until = Math.round((events / pending) * GAP_MEAN);
  for (let i = 0; i < WARM_RUNS; i += 1) {
    const { kernel, handle } = create();
    for (let slice = 1; slice <= SLICES; slice += 1) kernel.run(instant(Math.round((until * slice) / SLICES / 3)), handle);
  }
  const { kernel, handle, check } = create();
  const start = process.cpuUsage();
  for (let slice = 1; slice <= SLICES; slice += 1) kernel.run(instant(Math.round((until * slice) / SLICES)), handle);
  const { user, system } = process.cpuUsage(start);
  return { count: kernel.dispatched(), nanoseconds: ((user + system) * 1_000) / kernel.dispatched(), check: check() };
}

/** An M/M/1 queue at 80 % load on the kernel: mean service 1 ms, mean time in the system 5 ms. `check` is that mean in ms. */
export function queueOnKernel(customers: number): Timed {
  return twice(customers, (count) => {
    const kernel = createKernel();
    const { now, schedule } = kernel;
    const arrivals = createStream("bench/arrivals");
    const services = createStream("bench/services");
    const response = createHistogram();
    const waiting: number[] = [];
    let first = 0;
    let arrived = 0;
    const serve = (): void => void schedule((now() + Math.floor(drawExponential(services) * 1_000_000 + 0.5)) as Instant, DEPARTURE, 0, 0);
    const ARRIVAL = 0;
    const DEPARTURE = 1;
    schedule(instant(0), ARRIVAL, 0, 0);
    kernel.run(instant(Number.MAX_SAFE_INTEGER), (kind) => {
      if (kind === ARRIVAL) {
        arrived += 1;
        waiting.push(now());
        if (waiting.length - first === 1) serve();
        if (arrived < count) schedule((now() + Math.floor(drawExponential(arrivals) * 1_250_000 + 0.5)) as Instant, ARRIVAL, 0, 0);
      } else {
        response.record(now() - waiting[first]!);
        first += 1;
        if (first === waiting.length) {
          waiting.length = 0;
          first = 0;
        } else serve();
      }
    });
    return response.encode().sum / count / 1_000_000;
  });
}

/** Runs a model of so many customers, then again as measured. `of` gives the check. */
export function twice(customers: number, of: (customers: number) => number): Timed {
  of(Math.ceil(customers / 4));
  const start = process.cpuUsage();
  const check = of(customers);
  const { user, system } = process.cpuUsage(start);
  return { count: customers, nanoseconds: ((user + system) * 1_000) / customers, check };
}
