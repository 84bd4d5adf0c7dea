import sharp from 'sharp'
import { headOf, lights, room } from './drawing.ts'
import type { Blueprint, Portrait } from './generator.ts'
import { draw, fit, shorten, textAt } from './text.ts'

const red = '#e50914'
const tile = { width: 300, height: 300, gap: 20, foot: 72 }

/** All portraits with their names. */
export const drawGrid = async (
  blueprint: Blueprint,
  portraits: readonly Portrait[],
  breathe: () => Promise<void>,
): Promise<Buffer> => {
  const columns = portraits.length <= 4 ? Math.max(1, portraits.length) : Math.ceil(portraits.length / 2)
  const rows = Math.max(1, Math.ceil(portraits.length / columns))
  const pace = tile.height + tile.foot + tile.gap
  const width = columns * (tile.width + tile.gap) + 60
  const height = 112 + rows * pace + 20
  const [night] = lights(blueprint)
  const title = fit(blueprint.title, { width: width - 100, lines: 1, largest: 38, smallest: 16 })
  let words =
    `<rect x="40" y="36" width="5" height="46" fill="${red}"/>` +
    textAt(60, 66, title.lines[0] ?? '', { size: title.size, fill: '#ffffff', bold: true, anchor: 'start' }) +
    textAt(61, 90, 'THE CAST', { size: 13, fill: '#9a9da8', spacing: 4, anchor: 'start' })
  const faces = []
  for (const [i, portrait] of portraits.entries()) {
    await breathe()
    const row = Math.floor(i / columns)
    const inRow = Math.min(columns, portraits.length - row * columns)
    const left = Math.round(
      40 + (i % columns) * (tile.width + tile.gap) + ((columns - inRow) * (tile.width + tile.gap)) / 2,
    )
    const top = 112 + row * pace
    faces.push({ input: await headOf(portrait, tile.width, tile.height), left, top })
    const name = fit(portrait.character.name, { width: tile.width - 24, lines: 1, largest: 24, smallest: 12 })
    const foot = top + tile.height
    words +=
      `<rect x="${left}" y="${foot}" width="${tile.width}" height="${tile.foot}" fill="#0b0b0f"/>` +
      `<rect x="${left}" y="${foot}" width="${tile.width}" height="3" fill="${red}"/>` +
      textAt(left + 14, foot + 33, name.lines[0] ?? '', {
        size: name.size,
        fill: '#ffffff',
        bold: true,
        anchor: 'start',
      }) +
      textAt(left + 15, foot + 56, shorten(portrait.character.role, 34), {
        size: 14,
        fill: '#9a9da8',
        anchor: 'start',
      })
  }
  await breathe()
  const ground = room(width, height, lights(blueprint), blueprint.seed)
  const back = await draw(
    width,
    height,
    `${ground}<rect width="100%" height="100%" fill="${night}" opacity="0.72"/>`,
  )
  return sharp(back)
    .composite([...faces, { input: await draw(width, height, words) }])
    .removeAlpha()
    .png()
    .toBuffer()
}
