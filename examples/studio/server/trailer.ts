import sharp, { type OverlayOptions } from 'sharp'
import { headOf, lights, room } from './drawing.ts'
import { createEncoder } from './encoder.ts'
import type { Blueprint, Portrait } from './generator.ts'
import { draw, fit, shorten, textAt } from './text.ts'

const red = '#e50914'
const fps = 12
const wide = { width: 640, height: 360 }

/** Decoded once, instead of for every frame. */
const decoded = async (png: Buffer, width: number): Promise<OverlayOptions> => ({
  input: await sharp(png).ensureAlpha().raw().toBuffer(),
  raw: { width, height: wide.height, channels: 4 },
})

const card = async (text: string, small: string): Promise<OverlayOptions> => {
  const title = fit(text.toUpperCase(), { width: 560, lines: 3, largest: 58, smallest: 20 })
  const step = title.size * 1.08
  const first = 185 - (step * (title.lines.length - 1)) / 2 + title.size * 0.3
  const png = await draw(
    wide.width,
    wide.height,
    title.lines
      .map((line, i) =>
        textAt(320, first + i * step, line, { size: title.size, fill: '#ffffff', bold: true }),
      )
      .join('') +
      `<rect x="290" y="${first + title.lines.length * step - title.size * 0.55}" width="60" height="4" fill="${red}"/>` +
      textAt(320, 338, shorten(small, 70).toUpperCase(), { size: 13, fill: '#b9bcc6', spacing: 4 }),
  )
  return decoded(png, wide.width)
}

const caption = async (portrait: Portrait): Promise<OverlayOptions> => {
  const name = fit(portrait.character.name, { width: 280, lines: 2, largest: 40, smallest: 18 })
  const step = name.size * 1.1
  const first = 180 - (step * (name.lines.length - 1)) / 2
  const at = { fill: '#ffffff', anchor: 'start' as const }
  const png = await draw(
    wide.width,
    wide.height,
    `<rect x="330" y="${first - name.size - 22}" width="44" height="4" fill="${red}"/>` +
      name.lines
        .map((line, i) => textAt(330, first + i * step, line, { ...at, size: name.size, bold: true }))
        .join('') +
      textAt(331, first + name.lines.length * step - 8, shorten(portrait.character.role, 32), {
        ...at,
        size: 17,
        fill: '#b9bcc6',
      }),
  )
  return decoded(png, wide.width)
}

/** A shot of the trailer: a moving picture under a fixed text. */
interface Shot {
  readonly frames: number
  readonly words: OverlayOptions
  readonly face?: OverlayOptions
}

const faceOf = async (portrait: Portrait): Promise<OverlayOptions> => {
  const mask = await draw(
    300,
    360,
    `<linearGradient id="m"><stop stop-color="#fff" stop-opacity="0"/><stop offset="0.2" stop-color="#fff"/><stop offset="0.75" stop-color="#fff"/><stop offset="1" stop-color="#fff" stop-opacity="0"/></linearGradient><rect width="100%" height="100%" fill="url(#m)"/>`,
  )
  const face = await headOf(portrait, 300, 360)
  const faded = await sharp(face)
    .ensureAlpha()
    .composite([{ input: mask, blend: 'dest-in' }])
    .png()
    .toBuffer()
  return decoded(faded, 300)
}

const frameOf = (ground: Buffer, shot: Shot, i: number): Promise<Buffer> => {
  const layers = [shot.words]
  // The cards stay lit: a player shows the first frame before it plays, and the last one after.
  if (shot.face !== undefined) {
    layers.unshift({ ...shot.face, left: Math.round(4 + (28 * i) / shot.frames), top: 0 })
    const alpha = Math.max(0, 1 - i / 3, 1 - (shot.frames - 1 - i) / 2) * 0.85
    layers.push({ input: { create: { ...wide, channels: 4, background: { r: 0, g: 0, b: 0, alpha } } } })
  }
  const raw = { ...wide, channels: 4 as const }
  return sharp(ground, { raw }).composite(layers).raw().toBuffer()
}

/** The title, the cast and a tagline: about four seconds, without sound. */
export const makeTrailer = async (
  blueprint: Blueprint,
  portraits: readonly Portrait[],
  breathe: () => Promise<void>,
): Promise<Uint8Array> => {
  await breathe()
  const { width, height } = wide
  const back = await draw(width, height, room(width, height, lights(blueprint), blueprint.seed))
  const ground = await sharp(back).ensureAlpha().raw().toBuffer()
  const shots: Shot[] = [{ frames: 13, words: await card(blueprint.title, blueprint.genre) }]
  // Long casts make a longer trailer: fewer than seven frames cannot be read.
  const frames = Math.max(7, Math.round(24 / Math.max(1, portraits.length)))
  for (const portrait of portraits) {
    await breathe()
    shots.push({ frames, words: await caption(portrait), face: await faceOf(portrait) })
  }
  shots.push({ frames: 11, words: await card('Coming soon', blueprint.title) })
  const encoder = await createEncoder(width, height, fps)
  try {
    for (const shot of shots)
      for (let i = 0; i < shot.frames; i++) {
        await breathe()
        encoder.add(await frameOf(ground, shot, i))
      }
    return encoder.finish()
  } finally {
    encoder.free()
  }
}
