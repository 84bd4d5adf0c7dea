import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { tsc } from './type-check.ts'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly items?: readonly unknown[] }
  readonly result?: unknown
}

interface Completions {
  readonly items: readonly { readonly label: string }[]
}

/** What an editor shows of a file: TypeScript's own language server, spoken to as editors do. */
export interface Editor {
  /** The text that is shown over the end of a piece of the file, as markdown. */
  readonly hover: (piece: string) => Promise<string>
  /** The names that are offered behind a piece of the file. */
  readonly complete: (piece: string) => Promise<string[]>
  readonly close: () => void
}

export async function openEditor(file: string): Promise<Editor> {
  const server = spawn(process.execPath, [tsc, '--lsp', '--stdio'], {
    cwd: path.dirname(file),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const waiting = new Map<number, (result: unknown) => void>()
  let received = Buffer.alloc(0)
  let asked = 0

  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  const take = ({ id, method, params, result }: Message) => {
    if (id === undefined) return
    // The server asks for settings: there are none.
    if (method !== undefined) send({ id, result: params?.items?.map(() => null) ?? null })
    else waiting.get(id)?.(result)
  }
  server.stdout.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    for (;;) {
      const end = received.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/i.exec(received.subarray(0, end).toString())?.[1])
      if (end < 0 || received.length < end + 4 + length) return
      take(JSON.parse(received.subarray(end + 4, end + 4 + length).toString()) as Message)
      received = received.subarray(end + 4 + length)
    }
  })
  const ask = (method: string, params: object) =>
    new Promise<unknown>((resolve) => {
      waiting.set((asked += 1), resolve)
      send({ id: asked, method, params })
    })

  const textDocument = { uri: pathToFileURL(file).href }
  const text = readFileSync(file, 'utf8')
  const place = (piece: string, from: number) => {
    const start = text.indexOf(piece)
    if (start < 0) throw new Error(`${file} has no ${piece}`)
    const before = text.slice(0, start + piece.length + from).split('\n')
    return { textDocument, position: { line: before.length - 1, character: before.at(-1)!.length } }
  }
  const capabilities = { textDocument: { hover: { contentFormat: ['markdown'] } } }
  await ask('initialize', { processId: process.pid, rootUri: null, capabilities })
  send({ method: 'initialized', params: {} })
  send({
    method: 'textDocument/didOpen',
    params: { textDocument: { ...textDocument, languageId: 'typescriptreact', version: 1, text } },
  })
  return {
    async hover(piece) {
      const result = await ask('textDocument/hover', place(piece, -1))
      return (result as { contents: { value: string } } | null)?.contents.value ?? ''
    },
    async complete(piece) {
      const result = await ask('textDocument/completion', place(piece, 0))
      return ((result as Completions | null)?.items ?? []).map(({ label }) => label.replace(/\?$/, ''))
    },
    close: () => void server.kill(),
  }
}
