import sharp from 'sharp'
import type { Blueprint, CharacterSeed, Portrait } from './generator.ts'
import { drawPerson } from './person.ts'
import { createChance, hash } from './random.ts'
import { draw, fit, shorten, textAt } from './text.ts'

const red = '#e50914'
const fallback = ['#08090f', '#27415f', '#8fc7ff']

/** Night, key light and rim light of a show. A blueprint may come from anywhere: only real colors go on. */
export const lights = (blueprint: Blueprint): readonly [string, string, string] => {
  const at = (i: number) => {
    const color = blueprint.palette[i] ?? ''
    return /^#[0-9a-f]{6}$/iu.test(color) ? color : fallback[i]!
  }
  return [at(0), at(1), at(2)]
}

const stops = (...list: readonly (readonly [at: number, color: string, opacity: number])[]) =>
  list
    .map(([at, color, opacity]) => `<stop offset="${at}" stop-color="${color}" stop-opacity="${opacity}"/>`)
    .join('')
/** A rectangle from nothing to dark, downwards. */
export const shade = (id: string, y: number, width: number, height: number, color: string, end = 1) =>
  `<linearGradient id="${id}" x2="0" y2="1">${stops([0, color, 0], [0.55, color, 0.75 * end], [1, color, end])}</linearGradient>` +
  `<rect y="${y}" width="${width}" height="${height}" fill="url(#${id})"/>`

/** A dark room with one lamp, and dust in its light. */
export const room = (
  width: number,
  height: number,
  colors: readonly [string, string, string],
  seed: number,
) => {
  const chance = createChance(seed)
  const [night, key, rim] = colors
  const dust = Array.from({ length: 16 }, () => {
    const r = chance.whole(2, 22) * (width / 512)
    return `<circle cx="${chance.next() * width}" cy="${chance.next() * height * 0.8}" r="${r}" fill="${rim}" opacity="${0.02 + chance.next() * 0.07}"/>`
  }).join('')
  return (
    `<radialGradient id="lamp" cx="${0.3 + chance.next() * 0.4}" cy="0.34" r="0.75">${stops([0, key, 1], [0.45, key, 0.5], [1, night, 0])}</radialGradient>` +
    `<rect width="${width}" height="${height}" fill="${night}"/><rect width="${width}" height="${height}" fill="url(#lamp)"/>${dust}`
  )
}

export const drawPortrait = async (
  blueprint: Blueprint,
  character: CharacterSeed,
  take: number,
): Promise<Buffer> => {
  const seed = hash(`${blueprint.seed} ${character.id} ${take}`)
  const colors = lights(blueprint)
  const [night, key, rim] = colors
  const { head, coat } = drawPerson(character, seed)
  // Before the neck, which ends in the air.
  const shoulders = await draw(
    512,
    512,
    `<path d="M28 512C40 440 108 398 168 362Q256 412 344 362C404 398 472 440 484 512Z" fill="${coat}" stroke="#000" stroke-width="5"/>` +
      `<path d="M168 362Q256 412 344 362L358 380Q256 446 154 380Z" fill="#0b0b10"/>` +
      `<path d="M150 420L128 512M362 420L384 512" stroke="#000" stroke-width="3" opacity="0.5"/>`,
  )
  const face = await sharp(Buffer.from(head)).resize(400, 400).png().toBuffer()
  const nothing = { width: 512, height: 512, channels: 4 as const, background: '#0000' }
  const figure = await sharp({ create: nothing })
    .composite([{ input: face, left: 52, top: 18 }, { input: shoulders }])
    .png()
    .toBuffer()
  const glow = await draw(512, 512, `<rect width="512" height="512" fill="${rim}" opacity="0.55"/>`)
  const flat = await sharp(figure)
    .composite([{ input: glow, blend: 'in' }])
    .png()
    .toBuffer()
  const halo = await sharp(flat).blur(18).png().toBuffer()
  // Light from one side, night from the other; `atop` keeps it on the figure.
  const side = seed % 2
  const light = await draw(
    512,
    512,
    `<linearGradient id="s" x1="${side}" x2="${1 - side}" y2="0.35">${stops([0.15, rim, 0.3], [0.45, key, 0.12], [0.95, night, 0.62])}</linearGradient><rect width="512" height="512" fill="url(#s)"/>`,
  )
  const lit = await sharp(figure)
    .composite([{ input: light, blend: 'atop' }])
    .png()
    .toBuffer()
  const name = fit(character.name, { width: 440, lines: 1, largest: 38, smallest: 20 })
  const caption = await draw(
    512,
    512,
    shade('c', 352, 512, 160, '#000000', 0.94) +
      `<rect x="232" y="424" width="48" height="4" fill="${red}"/>` +
      textAt(256, 466, name.lines[0] ?? '', { size: name.size, fill: '#ffffff', bold: true }) +
      textAt(256, 492, shorten(character.role, 48).toUpperCase(), { size: 14, fill: '#b9bcc6', spacing: 3 }),
  )
  return sharp(await draw(512, 512, room(512, 512, colors, seed)))
    .composite([{ input: halo }, { input: lit }, { input: caption }])
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer()
}

/** A picture without its caption, whatever its size was. */
export const headOf = async (portrait: Portrait, width: number, height: number): Promise<Buffer> => {
  const square = await sharp(portrait.png).resize(512, 512, { fit: 'cover' }).removeAlpha().png().toBuffer()
  return sharp(square)
    .extract({ left: 16, top: 0, width: 480, height: 404 })
    .resize(width, height, { fit: 'cover', position: 'top' })
    .png()
    .toBuffer()
}
