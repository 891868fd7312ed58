import { describe, expect, it } from "vitest";
import { differenceFigure, figure, figuresApart, observedFigure, pValueText, percent } from "../../../src/study/stats/figure.ts";

describe("figures in words", () => {
  it("have three significant digits and the unit a reader would choose", () => {
    const said = [
      [4_100_000, "time"],
      [350_000, "time"],
      [12, "time"],
      [999_600, "time"],
      [0, "time"],
      [1_234_567, "bytes"],
      [500, "bytes"],
      [1_234, "count"],
      [1.05, "number"],
      [3987.4, "rate"],
      [0.25, "share"],
    ] as const;
    expect(said.map(([number, unit]) => figure(number, unit))).toEqual([
      "4.1 s",
      "350 ms",
      "12 µs",
      "1 s",
      "0 s",
      "1.23 MB",
      "500 B",
      "1234",
      "1.05",
      "3987/s",
      "25 %",
    ]);
  });

  it("keep the nines of an availability", () => {
    expect([0.9, 0.9995, 0.999968, 0.99999999, 1].map((share) => figure(share, "share"))).toEqual([
      "90 %",
      "99.95 %",
      "99.9968 %",
      "99.999999 %",
      "100 %",
    ]);
  });

  it("say at least of what never ended, and infinite of a difference to it", () => {
    expect(observedFigure({ kind: "censored", atLeast: 39_000_000 }, "time")).toBe("≥ 39 s");
    expect([figure(Infinity, "time"), figure(-Infinity, "time"), figure(-2_000_000, "time")]).toEqual([
      "infinite",
      "minus infinite",
      "-2 s",
    ]);
    expect([percent(0.95), percent(0.095034), pValueText(0.00001), pValueText(0.03125)]).toEqual([
      "95 %",
      "9.5 %",
      "p < 0.0001",
      "p 0.0313",
    ]);
  });

  it("show as many digits as it takes to tell them apart", () => {
    expect(figuresApart([20_000_000, 20_012_300, 20_012_400], "time")).toEqual(["20 s", "20.0123 s", "20.0124 s"]);
    expect(figuresApart([5, 5, 5], "count")).toEqual(["5", "5", "5"]);
    expect(figuresApart([0.99991, 0.99992], "share")).toEqual(["99.991 %", "99.992 %"]);
    expect(figuresApart([1, 1 + 1e-12], "number")).toEqual(["1", "1"]);
  });

  it("call a difference of shares points, never per cent", () => {
    expect([-0.199, 0.01, 0.05512].map((one) => differenceFigure(one, "share"))).toEqual(["-19.9 points", "1 point", "5.51 points"]);
    expect(differenceFigure(2_000_000, "time")).toBe("2 s");
  });
});
