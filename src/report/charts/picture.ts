/** A chart that stands alone, in a paper, a slide or a README: with its title, of a fixed width, in light colours. */
import { wrap } from "../layout.ts";
import type { Chart, Spec } from "./chart.ts";
import { LIGHT, themeOf } from "./theme.ts";

export const PICTURE_FONT = "DejaVu Sans";

/** Of the drawing without the names at its side, in pixels; and how many letters of title and subtitle fit above. */
const WIDTH = 640;
const TITLE_LETTERS = 78;
const SUBTITLE_LETTERS = 118;

/** Vega-Lite as it can be handed on: no page needed to read it. */
export function pictureSpec({ title, about, spec }: Chart): Spec {
  return {
    ...spec,
    width: WIDTH,
    autosize: { type: "pad" },
    padding: 14,
    title: { text: wrap(title, TITLE_LETTERS), subtitle: wrap(about, SUBTITLE_LETTERS) },
    config: themeOf(LIGHT, { dark: false, font: PICTURE_FONT }),
  };
}
