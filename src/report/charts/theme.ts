/**
 * How charts look, light and dark, as plain data: Vega-Lite's `config`, and the style sheet's colours. Texts keep 4.5 : 1 to their
 * ground in both (WCAG 2.2, 1.4.3).
 */
import type { Spec } from "./chart.ts";

export interface Colours {
  readonly ground: string;
  readonly text: string;
  readonly soft: string;
  readonly line: string;
  readonly panel: string;
  readonly good: string;
  readonly bad: string;
  readonly doubt: string;
  readonly link: string;
  readonly shade: string;
}

export const LIGHT: Colours = {
  ground: "#ffffff",
  text: "#1c2024",
  soft: "#5b6570",
  line: "#d9dee3",
  panel: "#f4f6f8",
  good: "#00734f",
  bad: "#b3261e",
  doubt: "#8a5a00",
  link: "#0060a0",
  shade: "#00000055",
};

export const DARK: Colours = {
  ground: "#14181c",
  text: "#e8ecf0",
  soft: "#a3adb8",
  line: "#343c44",
  panel: "#1d2329",
  good: "#4cc79a",
  bad: "#ff8a80",
  doubt: "#f0b64d",
  link: "#7cc0ff",
  shade: "#ffffff44",
};

/** What a chart is drawn with. Marks that name the style `fault`, `soft` or `strong` take their colour from here. */
export function themeOf(
  { text, soft, line, bad, ground }: Colours,
  { dark, font }: { readonly dark: boolean; readonly font: string },
): Spec {
  return {
    background: ground,
    font,
    axis: {
      labelColor: soft,
      titleColor: soft,
      gridColor: line,
      domainColor: line,
      tickColor: line,
      titleFontWeight: "normal",
      labelFontSize: 11,
      titleFontSize: 11,
    },
    // Labels a hand's breadth apart, whatever the width; none pushed inwards into its neighbour.
    axisX: { tickCount: { expr: "max(3, ceil(width / 90))" }, labelFlush: false },
    legend: { labelColor: text, titleColor: soft, titleFontWeight: "normal", labelFontSize: 12, titleFontSize: 11, labelLimit: 200 },
    title: {
      color: text,
      subtitleColor: soft,
      fontSize: 15,
      subtitleFontSize: 11,
      subtitlePadding: 6,
      anchor: "start",
      frame: "bounds",
      offset: 14,
    },
    text: { fontSize: 11, color: text },
    style: {
      fault: { color: bad, strokeWidth: 1.5 },
      "fault-text": { color: bad, fontWeight: "bold", fontSize: 11 },
      soft: { color: soft },
      // Over bars of any colour: a rim of the ground's colour keeps a sign apart.
      sign: { color: text, stroke: ground },
      strong: { color: text },
    },
    view: { stroke: "transparent" },
    range: { heatmap: { scheme: dark ? "darkblue" : "blues" } },
  };
}
