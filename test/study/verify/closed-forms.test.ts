/** Against a table that was computed apart from us, in another language, from the textbook forms (service rate 1). */
import { expect, it } from "vitest";
import { closedLoop, erlangB, erlangC, exponentialQuantile, mg1, mm1k, mmc } from "../../../src/study/verify/closed-forms.ts";

const close = (found: number, table: number): void => expect(Math.abs(found - table) / table).toBeLessThan(5e-7);

it("Erlang B and C agree with the table", () => {
  close(erlangB(10, 8), 0.1216610643);
  close(erlangB(5, 3), 0.1100543478);
  close(erlangC(2, 1.6), 0.71111111);
  close(erlangC(4, 3.2), 0.59643247);
  close(erlangC(10, 8), 0.40918015);
  close(erlangC(1, 0.8), 0.8);
});

it("M/M/c agrees with the table", () => {
  for (const [servers, arrivals, wait, response, inSystem] of [
    [1, 0.8, 4, 5, 4],
    [2, 1.6, 1.77777778, 2.77777778, 4.44444444],
    [4, 3.2, 0.74554059, 1.74554059, 5.58572989],
    [10, 8, 0.20459008, 1.20459008, 9.6367206],
  ] as const) {
    const found = mmc(servers, arrivals, 1);
    close(found.wait, wait);
    close(found.response, response);
    close(found.inSystem, inSystem);
  }
});

it("the quantiles of the M/M/1 response time agree with the table", () => {
  close(exponentialQuantile(5, 0.5), 3.465736);
  close(exponentialQuantile(5, 0.99), 23.025851);
  close(exponentialQuantile(5, 0.999), 34.538776);
});

it("Pollaczek-Khinchine agrees with the table: constant, uniform, Erlang-2, exponential, C2 = 4", () => {
  for (const [variation, wait, response] of [
    [0, 2, 3],
    [1 / 3, 2.66666667, 3.66666667],
    [0.5, 3, 4],
    [1, 4, 5],
    [4, 10, 11],
  ] as const) {
    const found = mg1(0.8, 1, variation);
    close(found.wait, wait);
    close(found.response, response);
  }
});

it("M/M/1/K agrees with the table below, at and above saturation", () => {
  for (const [arrivals, loss, response, throughput] of [
    [0.8, 0.02349286, 3.7970975, 0.78120571],
    [1, 0.09090909, 5.5, 0.90909091],
    [1.2, 0.1925865, 6.92613784, 0.96889621],
  ] as const) {
    const found = mm1k(10, arrivals, 1);
    close(found.loss, loss);
    close(found.response, response);
    close(found.throughput, throughput);
  }
});

it("the machine repairman agrees with the table, and its response time with N = X (R + Z)", () => {
  for (const [clients, servers, thinkRate, rate, throughput, response] of [
    [5, 1, 0.1, 1, 0.43604782, 1.46663218],
    [20, 1, 0.1, 1, 0.99813095, 10.03745099],
    [5, 5, 0.01, 0.1, 0.04545455, 10],
  ] as const) {
    const found = closedLoop(clients, thinkRate, servers, rate);
    close(found.throughput, throughput);
    close(found.response, response);
    close(found.throughput * (found.response + 1 / thinkRate), clients);
  }
});

it("a thousand clients that hardly think saturate one server: X is its rate, R is N / X - Z", () => {
  const { throughput, response } = closedLoop(1000, 1, 1, 1);
  close(throughput, 1);
  close(response, 999);
});
