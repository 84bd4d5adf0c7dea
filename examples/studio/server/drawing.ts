import { lorelei } from '@dicebear/collection'
import { createAvatar } from '@dicebear/core'
import sharp from 'sharp'
import type { Blueprint, CharacterSeed, Portrait } from './generator.ts'
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
  list.map(([at, color, opacity]) => `<stop offset="${at}" stop-color="${color}" stop-opacity="${opacity}"/>`).join('')
/** A rectangle from nothing to dark, downwards. */
export const shade = (id: string, y: number, width: number, height: number, color: string, end = 1) =>
  `<linearGradient id="${id}" x2="0" y2="1">${stops([0, color, 0], [0.55, color, 0.75 * end], [1, color, end])}</linearGradient>` +
  `<rect y="${y}" width="${width}" height="${height}" fill="url(#${id})"/>`

/** A dark room with one lamp, and dust in its light. */
export const room = (width: number, height: number, colors: readonly [string, string, string], seed: number) => {
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

const skins = ['f2cfb3', 'e0ac84', 'c68a5f', '9a6241', '6f4530', 'edb98a']
const hairs = ['17120f', '2b1b14', '4a2c1a', '7a4a22', '8d8a88', '5c1f1a', 'c79a5b']

const person = (character: CharacterSeed, seed: number): { head: string; coat: string } => {
  const chance = createChance(seed)
  const head = createAvatar(lorelei, {
    seed: `${character.id} ${seed}`,
    size: 400,
    skinColor: [chance.pick(skins)],
    hairColor: [chance.pick(hairs)],
    beardProbability: 12,
    glassesProbability: 18,
    earringsProbability: 25,
    hairAccessoriesProbability: 0,
    mouth: ['happy01', 'happy02', 'happy05', 'happy07', 'happy10', 'happy12', 'sad02', 'sad03', 'sad06'],
  })
  return { head: head.toString(), coat: chance.pick(['#1b1d26', '#23181b', '#14211f', '#221f16', '#1a1826']) }
}

export const drawPortrait = async (blueprint: Blueprint, character: CharacterSeed, take: number): Promise<Buffer> => {
  const seed = hash(`${blueprint.seed} ${character.id} ${take}`)
  const colors = lights(blueprint)
  const [night, key, rim] = colors
  const { head, coat } = person(character, seed)
  const shoulders = await draw(
    512,
    512,
    `<path d="M40 512 C52 428 128 392 196 380 Q250 424 306 380 C384 392 458 428 472 512Z" fill="${coat}" stroke="#000" stroke-width="5"/>` +
      `<path d="M196 380 L168 402 L232 500 L256 452 L284 500 L336 402 L306 380 Q250 430 196 380Z" fill="#0b0b10" stroke="#000" stroke-width="4"/>`,
  )
  const face = await sharp(Buffer.from(head)).resize(400, 400).png().toBuffer()
  const figure = await sharp({ create: { width: 512, height: 512, channels: 4, background: '#0000' } })
    .composite([
      { input: shoulders, left: 0, top: 0 },
      { input: face, left: 52, top: 18 },
    ])
    .png()
    .toBuffer()
  const outline = await sharp(figure).extractChannel('alpha').blur(16).toColourspace('b-w').raw().toBuffer()
  const halo = await sharp({ create: { width: 512, height: 512, channels: 3, background: rim } })
    .joinChannel(await sharp(outline, { raw: { width: 512, height: 512, channels: 1 } }).linear(0.6, 0).raw().toBuffer(), {
      raw: { width: 512, height: 512, channels: 1 },
    })
    .png()
    .toBuffer()
  // Light from one side, night from the other; `atop` keeps it on the figure.
  const side = seed % 2
  const light = await draw(
    512,
    512,
    `<linearGradient id="s" x1="${side}" x2="${1 - side}" y2="0.35">${stops([0.15, rim, 0.3], [0.45, key, 0.12], [0.9, night, 0.78])}</linearGradient><rect width="512" height="512" fill="url(#s)"/>`,
  )
  const lit = await sharp(figure).composite([{ input: light, blend: 'atop' }]).png().toBuffer()
  const name = fit(character.name, { width: 440, lines: 1, largest: 38, smallest: 20 })
  const caption = await draw(
    512,
    512,
    shade('c', 330, 512, 182, '#000000', 0.96) +
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
