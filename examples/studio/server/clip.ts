import sharp from 'sharp'
import type { Portrait } from './generator.ts'
import { hash } from './random.ts'

const fps = 12

/** A portrait under a camera that moves in and out again, so that the loop has no seam. */
export const makeVideo = async (portrait: Portrait, breathe: () => Promise<void>): Promise<Buffer> => {
  const frames: Buffer[] = []
  const count = 18
  const side = 320
  const angle = (hash(portrait.character.id) / 2 ** 32) * Math.PI * 2
  // From a larger picture the steps of the camera are less than a pixel of the result.
  const big = 960
  const raw = { width: big, height: big, channels: 3 as const }
  const source = await sharp(portrait.png).resize(big, big, { fit: 'cover' }).removeAlpha().raw().toBuffer()
  for (let i = 0; i < count; i++) {
    await breathe()
    const near = (1 - Math.cos((i / count) * Math.PI * 2)) / 2
    const width = Math.round(big * (1 - 0.16 * near))
    const room = (big - width) / 2
    const frame = await sharp(source, { raw })
      .extract({
        left: Math.round(room + room * 0.8 * Math.cos(angle)),
        top: Math.round(room + room * 0.8 * Math.sin(angle)),
        width,
        height: width,
      })
      .resize(side, side)
      .raw()
      .toBuffer()
    frames.push(frame)
  }
  await breathe()
  return sharp(Buffer.concat(frames), {
    raw: { width: side, height: side * count, channels: 3, pageHeight: side },
  })
    .webp({ quality: 62, effort: 2, loop: 0, delay: frames.map(() => Math.round(1000 / fps)) })
    .toBuffer()
}
