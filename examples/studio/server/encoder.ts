import { createRequire } from 'node:module'
import type * as Library from 'h264-mp4-encoder'

const events = ['uncaughtException', 'unhandledRejection'] as const

/** Runs at once, so that every new listener is one of the library. They would end the process at other errors. */
const load = (): typeof Library => {
  const before = events.map((event) => process.rawListeners(event))
  const library = createRequire(import.meta.url)('h264-mp4-encoder') as typeof Library
  for (const [i, event] of events.entries())
    for (const listener of process.rawListeners(event))
      if (!before[i]?.includes(listener)) process.removeListener(event, listener as () => void)
  return library
}

/** Takes the time of day out: creation and change, in three places of the index at the end. */
const timeless = (file: Uint8Array): Uint8Array => {
  const bytes = Buffer.from(file)
  const index = bytes.lastIndexOf('moov')
  for (const box of ['mvhd', 'tkhd', 'mdhd']) {
    const at = index < 0 ? -1 : bytes.indexOf(box, index)
    // After the name come version and flags, 4 bytes; then the two times, 4 bytes each in version 0.
    if (at > 0 && bytes[at + 4] === 0) bytes.fill(0, at + 8, at + 16)
  }
  return bytes
}

let library: typeof Library | undefined
let count = 0

/** Makes an MP4. */
export interface Encoder {
  readonly add: (rgba: Uint8Array) => void
  readonly finish: () => Uint8Array
  /** Call this at the end, also after a failure. */
  readonly free: () => void
}

/** Loads the library with the first trailer. */
export const createEncoder = async (width: number, height: number, frameRate: number): Promise<Encoder> => {
  library ??= load()
  const encoder = await library.createH264MP4Encoder()
  // All encoders share one folder in memory, and the same name by default.
  const outputFilename = `${++count}.mp4`
  // The library writes no list of key frames, so players take every frame for one when they seek.
  const look = { quantizationParameter: 26, groupOfPictures: 1, speed: 6 }
  Object.assign(encoder, { width, height, frameRate, outputFilename, ...look })
  encoder.initialize()
  let finished = false
  const finalize = () => {
    if (!finished) encoder.finalize()
    finished = true
  }
  return {
    add: (rgba) => encoder.addFrameRgba(rgba),
    finish: () => {
      finalize()
      return timeless(encoder.FS.readFile(outputFilename))
    },
    free: () => {
      // Deleted before its end, it aborts the whole library.
      finalize()
      encoder.FS.unlink(outputFilename)
      encoder.delete()
    },
  }
}
