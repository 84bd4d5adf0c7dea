import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Output, type ShowRecord, showRecord } from './show-record.ts'

/** Writes a file beside show.json. */
export type WriteMedia = (file: string, bytes: Uint8Array) => Promise<void>
type Change = (show: ShowRecord | undefined, write: WriteMedia) => ShowRecord | Promise<ShowRecord>

/** Stores each show in a folder, with show.json and its media. */
export interface Shows {
  readonly folder: string
  readonly read: (showId: string) => Promise<ShowRecord | undefined>
  /** The newest first, without damaged ones. */
  readonly list: () => Promise<readonly ShowRecord[]>
  /** Runs the changes of a show one after the other; one that throws changes nothing. */
  readonly update: (showId: string, change: Change) => Promise<ShowRecord>
  readonly readMedia: (showId: string, output: Output) => Promise<Uint8Array>
}

/** The folder of an id, which may be any text. */
export const folderName = (showId: string): string => createHash('sha256').update(showId).digest('hex')

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'

async function readShow(path: string): Promise<ShowRecord | undefined> {
  try {
    return showRecord.parse(JSON.parse(await readFile(join(path, 'show.json'), 'utf8')))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new Error(`${join(path, 'show.json')} cannot be read`, { cause: error })
  }
}

/** Replaces the file at once, so that a reader never sees half of it. */
async function writeWhole(path: string, file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path, { recursive: true })
  const draft = join(path, `.${randomUUID()}.tmp`)
  try {
    await writeFile(draft, content)
    await rename(draft, join(path, file))
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

export function createShows(folder: string): Shows {
  const queues = new Map<string, Promise<unknown>>()
  const pathOf = (showId: string) => join(folder, folderName(showId))

  const change = async (showId: string, make: Change): Promise<ShowRecord> => {
    const path = pathOf(showId)
    const before = await readShow(path)
    const after = await make(before, (file, bytes) => writeWhole(path, file, bytes))
    if (after !== before) await writeWhole(path, 'show.json', JSON.stringify(after, null, 2))
    return after
  }

  const list = async () => {
    const names = await readdir(folder).catch(() => [])
    const read = await Promise.all(names.map((name) => readShow(join(folder, name)).catch(() => undefined)))
    return read
      .filter((show) => show !== undefined)
      .toSorted((a, b) => Number(a.createdAt < b.createdAt) - Number(a.createdAt > b.createdAt))
  }

  return {
    folder,
    list,
    read: (showId) => readShow(pathOf(showId)),
    update: (showId, make) => {
      const turn = (queues.get(showId) ?? Promise.resolve()).then(() => change(showId, make))
      const settled = turn.then(
        () => {},
        () => {},
      )
      queues.set(showId, settled)
      void settled.then(() => queues.get(showId) === settled && queues.delete(showId))
      return turn
    },
    readMedia: (showId, { file }) => readFile(join(pathOf(showId), file)),
  }
}
