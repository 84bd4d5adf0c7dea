import sharp from 'sharp'
import { headOf, lights, room, shade } from './drawing.ts'
import type { Blueprint, Portrait } from './generator.ts'
import { draw, fit, shorten, textAt } from './text.ts'

const red = '#e50914'

/** A face that fades into what is behind it. */
const fading = async (portrait: Portrait, size: number): Promise<Buffer> => {
  const mask = await draw(
    size,
    size,
    `<radialGradient id="m" cx="0.5" cy="0.46" r="0.5"><stop offset="0.62" stop-color="#fff"/><stop offset="1" stop-color="#fff" stop-opacity="0"/></radialGradient><rect width="100%" height="100%" fill="url(#m)"/>`,
  )
  const face = await headOf(portrait, size, size)
  return sharp(face)
    .ensureAlpha()
    .composite([{ input: mask, blend: 'dest-in' }])
    .png()
    .toBuffer()
}

/** A title, and who is in it: the first one large. */
export const drawPoster = async (
  blueprint: Blueprint,
  portraits: readonly Portrait[],
  breathe: () => Promise<void>,
): Promise<Buffer> => {
  const [lead, ...others] = portraits
  const layers = []
  const perRow = others.length > 4 ? Math.ceil(others.length / 2) : others.length
  const rows = perRow === 0 ? 0 : Math.ceil(others.length / perRow)
  const size = Math.min(270, Math.round(780 / Math.max(1, perRow)), rows > 1 ? 210 : 270)
  const leadSize = rows === 0 ? 560 : rows === 1 ? 450 : 380
  for (const [i, portrait] of others.entries()) {
    await breathe()
    const row = Math.floor(i / perRow)
    const inRow = Math.min(perRow, others.length - row * perRow)
    const pace = (560 - size) / Math.max(1, inRow - 1)
    const left = inRow === 1 ? (600 - size) / 2 : 20 + (i % perRow) * pace
    const top = rows > 1 ? 300 + row * 140 : 380
    layers.push({ input: await fading(portrait, size), left: Math.round(left), top })
  }
  await breathe()
  if (lead !== undefined) {
    const top = rows === 0 ? 60 : 36
    layers.push({ input: await fading(lead, leadSize), left: (600 - leadSize) / 2, top })
  }
  await breathe()
  const title = fit(blueprint.title.toUpperCase(), { width: 520, lines: 4, largest: 78, smallest: 26 })
  const step = title.size * 1.06
  const first = 836 - step * (title.lines.length - 1)
  const words =
    shade('p', 400, 600, 500, '#000000') +
    `<rect width="600" height="6" fill="${red}"/><rect x="270" y="${first - title.size - 14}" width="60" height="5" fill="${red}"/>` +
    textAt(300, 42, shorten(blueprint.tone, 60).toUpperCase(), { size: 12, fill: '#c9ccd4', spacing: 4 }) +
    title.lines
      .map((line, i) =>
        textAt(300, first + i * step, line, { size: title.size, fill: '#ffffff', bold: true }),
      )
      .join('') +
    textAt(300, 876, shorten(blueprint.genre, 40).toUpperCase(), {
      size: 14,
      fill: red,
      bold: true,
      spacing: 5,
    })
  return sharp(await draw(600, 900, room(600, 900, lights(blueprint), blueprint.seed)))
    .composite([...layers, { input: await draw(600, 900, words) }])
    .removeAlpha()
    .png()
    .toBuffer()
}
