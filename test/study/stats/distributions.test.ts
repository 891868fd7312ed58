import { describe, expect, it } from "vitest";
import {
  betaQuantile,
  binomialCdf,
  chiSquareSurvival,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from "../../../src/study/stats/distributions.ts";
import { expectNear, rows } from "./reference.ts";

describe("distribution functions agree with SciPy", () => {
  it("normal, to 12 digits, far into the tail", () => {
    for (const [z, p] of rows<[number, number]>("normalCdf")) expectNear(normalCdf(z), p, 1e-12, `P(Z <= ${z})`);
    for (const [p, z] of rows<[number, number]>("normalQuantile")) expect(normalQuantile(p)).toBeCloseTo(z, 10);
  });

  it("Student's t, to 11 digits", () => {
    for (const [t, freedom, p] of rows<[number, number, number]>("studentCdf"))
      expectNear(studentCdf(t, freedom), p, 1e-11, `P(T${freedom} <= ${t})`);
    for (const [p, freedom, t] of rows<[number, number, number]>("studentQuantile"))
      expectNear(studentQuantile(p, freedom), t, 1e-9, `t(${p}, ${freedom})`);
  });

  it("binomial and beta, up to 100,000 trials", () => {
    for (const [k, n, p, cdf] of rows<[number, number, number, number]>("binomialCdf"))
      expectNear(binomialCdf(k, n, p), cdf, 1e-9, `P(Bin(${n}, ${p}) <= ${k})`);
    for (const [p, a, b, x] of rows<[number, number, number, number]>("betaQuantile"))
      expectNear(betaQuantile(p, a, b), x, 1e-10, `beta(${p}, ${a}, ${b})`);
  });

  it("chi-square, to 10 digits, far into the tail", () => {
    for (const [x, freedom, p] of rows<[number, number, number]>("chiSquareSurvival"))
      expectNear(chiSquareSurvival(x, freedom), p, 1e-10, `P(chi2(${freedom}) >= ${x})`);
  });
});

describe("distribution functions agree with the printed tables", () => {
  it("Student's t at 95 % two-sided (any statistics book, table of t)", () => {
    const table = [
      [1, 12.706],
      [2, 4.303],
      [4, 2.776],
      [9, 2.262],
      [29, 2.045],
      [60, 2.0],
      [120, 1.98],
    ] as const;
    for (const [freedom, t] of table) expect(studentQuantile(0.975, freedom)).toBeCloseTo(t, 3);
  });

  it("chi-square at 5 % (NIST/SEMATECH e-Handbook, section 1.3.6.7.4)", () => {
    const table = [
      [1, 3.841],
      [2, 5.991],
      [5, 11.07],
      [10, 18.307],
      [100, 124.342],
    ] as const;
    for (const [freedom, x] of table) expect(chiSquareSurvival(x, freedom)).toBeCloseTo(0.05, 4);
  });
});
