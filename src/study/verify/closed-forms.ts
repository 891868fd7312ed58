/**
 * Closed forms of queueing theory, in units of the caller's choice: rates per unit of time, times in that unit. Kleinrock,
 * Queueing Systems, volume I (1975), with the sections named; checked against a table computed elsewhere
 * (test/data/queueing).
 */

/** What an M/M/c queue does: section 3.5. Needs arrivals < servers × rate. */
export interface WaitingQueue {
  /** Mean response time, mean wait, mean number in the system. */
  readonly response: number;
  readonly wait: number;
  readonly inSystem: number;
}

/** Probability that a customer of M/M/c/c finds all servers busy (Erlang B); `offered` is arrivals / rate. Section 3.7. */
export function erlangB(servers: number, offered: number): number {
  let blocked = 1;
  for (let k = 1; k <= servers; k += 1) blocked = (offered * blocked) / (k + offered * blocked);
  return blocked;
}

/** Probability that a customer of M/M/c must wait (Erlang C). Needs offered < servers. */
export function erlangC(servers: number, offered: number): number {
  const blocked = erlangB(servers, offered);
  return blocked / (1 - (offered / servers) * (1 - blocked));
}

export function mmc(servers: number, arrivals: number, rate: number): WaitingQueue {
  const wait = erlangC(servers, arrivals / rate) / (servers * rate - arrivals);
  return { wait, response: wait + 1 / rate, inSystem: arrivals * (wait + 1 / rate) };
}

/** M/G/1 by Pollaczek and Khinchine; `variation` is the squared coefficient of variation of the service time. Section 5.6. */
export function mg1(arrivals: number, service: number, variation: number): WaitingQueue {
  const load = arrivals * service;
  const wait = ((load / (1 - load)) * (1 + variation) * service) / 2;
  return { wait, response: wait + service, inSystem: arrivals * (wait + service) };
}

/** The p-quantile of an exponential distribution. In M/M/1 the response time is exponential: chapter 5. */
export const exponentialQuantile = (mean: number, p: number): number => -mean * Math.log1p(-p);

/** M/M/1 with `places` including the one in service. Section 3.6. */
export interface LossQueue {
  readonly loss: number;
  readonly throughput: number;
  /** Of those served. */
  readonly response: number;
}

export function mm1k(places: number, arrivals: number, rate: number): LossQueue {
  const load = arrivals / rate;
  const weights: number[] = [1];
  for (let n = 1; n <= places; n += 1) weights.push(weights[n - 1]! * load);
  const total = weights.reduce((whole, weight) => whole + weight, 0);
  const loss = weights[places]! / total;
  const inSystem = weights.reduce((mean, weight, n) => mean + (n * weight) / total, 0);
  const throughput = arrivals * (1 - loss);
  return { loss, throughput, response: inSystem / throughput };
}

/** `clients` that think for 1 / `thinkRate` on average, then ask one of `servers`: the machine repairman. Sections 3.8 and 3.10. */
export interface ClosedLoop {
  readonly throughput: number;
  readonly response: number;
}

export function closedLoop(clients: number, thinkRate: number, servers: number, rate: number): ClosedLoop {
  // Logarithms: the weights of a thousand clients leave the range of a double.
  const logs: number[] = [0];
  for (let n = 1; n <= clients; n += 1) {
    logs.push(logs[n - 1]! + Math.log(((clients - n + 1) * thinkRate) / (Math.min(n, servers) * rate)));
  }
  const largest = logs.reduce((most, log) => Math.max(most, log));
  const weights = logs.map((log) => Math.exp(log - largest));
  const total = weights.reduce((whole, weight) => whole + weight, 0);
  const asking = weights.reduce((mean, weight, n) => mean + (n * weight) / total, 0);
  // In flow terms, since with nearly all clients asking their complement would cancel.
  const throughput = weights.reduce((flow, weight, n) => flow + (Math.min(n, servers) * rate * weight) / total, 0);
  return { throughput, response: asking / throughput };
}
