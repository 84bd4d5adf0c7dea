import { createRequire } from 'node:module'
import { renderAsync, Resvg, type ResvgRenderOptions } from '@resvg/resvg-js'

const { resolve } = createRequire(import.meta.url)
const options: ResvgRenderOptions = {
  font: {
    // The machine's own fonts would give other pictures on other machines.
    loadSystemFonts: false,
    fontFiles: ['DejaVuSansCondensed-Bold', 'DejaVuSansCondensed', 'DejaVuSans'].map((name) =>
      resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`),
    ),
    defaultFontFamily: 'DejaVu Sans',
  },
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Safe in XML's text and attributes. What XML cannot hold at all becomes a space. */
const escapeXml = (text: string): string =>
  text.replace(/[^\P{C}\u200d]|[\ufffe\uffff]/gu, ' ').replace(/[&<>"']/gu, (mark) => entities[mark] ?? ' ')

/** A PNG of an SVG's inside. */
export const draw = async (width: number, height: number, inside: string): Promise<Buffer> =>
  (await renderAsync(svg(width, height, inside), options)).asPng()

const svg = (width: number, height: number, inside: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${inside}</svg>`

/** How text looks. */
export interface TextStyle {
  readonly size: number
  readonly fill: string
  readonly bold?: boolean
  readonly anchor?: 'start' | 'middle'
  readonly spacing?: number
}

export const textAt = (x: number, y: number, text: string, style: TextStyle): string =>
  `<text x="${x}" y="${y}" font-family="DejaVu Sans" font-stretch="condensed" font-size="${style.size}" ` +
  `font-weight="${style.bold ? 700 : 400}" letter-spacing="${style.spacing ?? 0}" fill="${style.fill}" ` +
  `text-anchor="${style.anchor ?? 'middle'}">${escapeXml(text)}</text>`

/** In em, of the bold font. */
const widthOf = (text: string): number =>
  (new Resvg(
    svg(9999, 200, textAt(0, 120, text, { size: 100, fill: '#fff', bold: true, anchor: 'start' })),
    options,
  ).getBBox()?.width ?? 0) / 100

const letters = new Intl.Segmenter()
const cut = (text: string, most: number): string[] => {
  const all = Array.from(letters.segment(text), (one) => one.segment)
  return Array.from({ length: Math.ceil(all.length / most) }, (_, i) =>
    all.slice(i * most, (i + 1) * most).join(''),
  )
}

/** Shortens a text to so many letters, as a reader counts them. */
export const shorten = (text: string, most: number): string => {
  const [first = '', second] = cut(text.replace(/\s+/gu, ' ').trim(), most)
  return second === undefined ? first : `${first.trimEnd()}…`
}

/** Lines of text in the largest size that fits. */
export const fit = (
  text: string,
  box: {
    readonly width: number
    readonly lines: number
    readonly largest: number
    readonly smallest: number
  },
): { readonly lines: readonly string[]; readonly size: number } => {
  // A word without a gap has to break somewhere.
  const words = shorten(text, 90)
    .split(' ')
    .flatMap((word) => cut(word, 18))
  const measured = words.map((word) => ({ word, width: widthOf(word) }))
  const wrap = (size: number) => {
    const lines: { text: string; width: number }[] = []
    for (const { word, width } of measured) {
      const line = lines.at(-1)
      if (line !== undefined && (line.width + 0.32 + width) * size <= box.width) {
        line.text += ` ${word}`
        line.width += 0.32 + width
      } else lines.push({ text: word, width })
    }
    return lines
  }
  for (let size = box.largest; size > box.smallest; size -= 2) {
    const lines = wrap(size)
    if (lines.length <= box.lines && lines.every((line) => line.width * size <= box.width))
      return { lines: lines.map((line) => line.text), size }
  }
  const widest = Math.max(0, ...measured.map((one) => one.width))
  const size = Math.min(box.smallest, Math.floor(box.width / Math.max(1, widest)))
  return {
    lines: wrap(size)
      .slice(0, box.lines)
      .map((line) => line.text),
    size,
  }
}
