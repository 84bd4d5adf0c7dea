// What the page of the contract of queues runs: its checks on IndexedDB.
import { indexedDbQueue } from '../../packages/http-adapter/src/sink/indexed-db.ts'
import { queueStorageContract } from '../../packages/http-adapter/src/test/queue-storage-contract.ts'

const { open } = Object.getOwnPropertyDescriptors(IDBFactory.prototype)
let made = 0

const remove = (name: string) =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.addEventListener('success', resolve)
    request.addEventListener('error', () => reject(request.error!))
  })

const cases = queueStorageContract(
  () => {
    const name = `queue-${(made += 1)}`
    return {
      create: () => indexedDbQueue({ name }),
      fail: async () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('The user denied permission to access the database.', 'SecurityError')
        }
        // Connections that are open are closed by this.
        await remove(name)
      },
      close: async () => {
        Object.defineProperty(IDBFactory.prototype, 'open', open)
        await remove(name)
      },
    }
  },
  { timeout: 20_000 },
)

const tools = { run: (name: string) => cases.find((one) => one.name === name)!.run() }

/** What the test calls. */
export type QueueTools = typeof tools

Object.assign(globalThis, { queueTools: tools })
