// A queue storage of your own: the rows of a sink's queue in one file of JSON, for a process that may crash.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { type QueueRow, type QueueStorage, queueStorage } from '@callsheet/http-adapter'

/** By path, the end of the transaction that runs. Another process would need a lock beside the file. */
const turns = new Map<string, Promise<unknown>>()

export function fileQueue(path: string): QueueStorage {
  async function read(): Promise<Map<string, QueueRow>> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]'
      throw error
    })
    return new Map((JSON.parse(text) as readonly QueueRow[]).map((row) => [row.key, row]))
  }

  /** One after the other, over all storages of this file. */
  function inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = (turns.get(path) ?? Promise.resolve()).then(action)
    turns.set(
      path,
      turn.catch(() => {}),
    )
    return turn
  }

  return queueStorage({
    load: () => inTurn(async () => [...(await read()).values()]),
    update: (keys, next) =>
      inTurn(async () => {
        const rows = await read()
        for (const key of keys) {
          const row = next(key, rows.get(key))
          if (row) rows.set(key, row)
          else rows.delete(key)
        }
        // Whole or not at all, if the process ends here.
        await writeFile(`${path}.new`, JSON.stringify([...rows.values()]))
        await rename(`${path}.new`, path)
      }),
  })
}
