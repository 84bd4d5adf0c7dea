import { describe, expect, it, vi } from 'vitest'
import { type Logger, logSink, memorySink, toJsonLine } from './sink.ts'
import type { TaskRecord, Tombstone } from '../records/task.ts'
import { taskOf, tombstoneOf } from '../testing.ts'

const task = (more: Partial<TaskRecord> = {}) => taskOf({ characterId: 'ada', updatedAt: 2, ...more })
const tombstone = tombstoneOf({ updatedAt: 3, rev: 9 })
const change = (...tasks: (TaskRecord | Tombstone)[]) => ({ tasks, shows: [], origin: 'local' as const })

function fakeLogger() {
  const lines: { level: string; fields: object; message: string }[] = []
  const logger: Logger = {
    info: (fields, message) => lines.push({ level: 'info', fields, message }),
    error: (fields, message) => lines.push({ level: 'error', fields, message }),
  }
  return { logger, lines }
}

describe('memorySink', () => {
  it('keeps the changes and the newest version of every task', () => {
    const sink = memorySink()
    sink.write(change(task(), task({ id: 't2' })))
    sink.write(change(task({ rev: 2 })))
    sink.write(change(tombstone))
    expect(sink.changes).toHaveLength(3)
    expect([...sink.tasks.values()]).toEqual([tombstone, task({ id: 't2' })])
  })

  it('keeps the newer version when an older one arrives late', () => {
    const sink = memorySink()
    sink.write(change(task({ rev: 2, status: 'succeeded' })))
    sink.write(change(task()))
    expect(sink.tasks.get('t1')).toMatchObject({ rev: 2, status: 'succeeded' })
  })

  it('forgets the oldest above its limit', () => {
    const sink = memorySink({ maxChanges: 2 })
    for (const id of ['t1', 't2', 't3']) sink.write(change(task({ id })))
    expect(sink.changes).toHaveLength(2)
    expect([...sink.tasks.keys()]).toEqual(['t2', 't3'])
  })
})

describe('logSink', () => {
  it('logs each change of a task with its fields first, and failures as errors, as pino wants it', () => {
    const { logger, lines } = fakeLogger()
    const sink = logSink(logger)
    const { characterId: _, ...whole } = task({ type: 'trailer', status: 'succeeded' })
    sink.write(change(task(), task({ status: 'failed', error: { message: 'no' } }), whole, tombstone))
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['info', 'portrait of ada processing'],
      ['error', 'portrait of ada failed'],
      ['info', 'trailer succeeded'],
      ['info', 'task t1 removed'],
    ])
    expect(lines[1]!.fields).toMatchObject({ origin: 'local', task: { error: { message: 'no' } } })
  })

  it('calls the methods of a logger that needs its own this', () => {
    class OwnLogger {
      lines: string[] = []
      info(_fields: object, message: string) {
        this.lines.push(message)
      }
      error(_fields: object, message: string) {
        this.lines.push(message)
      }
    }
    const logger = new OwnLogger()
    logSink(logger).write(change(task(), task({ status: 'failed' })))
    expect(logger.lines).toHaveLength(2)
  })

  it('cuts the query of addresses, and leaves the record as it was', () => {
    const { logger, lines } = fakeLogger()
    const done = task({ status: 'succeeded', outputUrl: 'https://a.example/p.png?sig=hush' })
    logSink(logger).write(change(done))
    expect(JSON.stringify(lines)).not.toContain('hush')
    expect(done.outputUrl).toBe('https://a.example/p.png?sig=hush')
  })

  it('prints one line of JSON for each event, whatever the texts hold', () => {
    const printed: string[] = []
    const print = (line: unknown) => void printed.push(String(line))
    const info = vi.spyOn(console, 'info').mockImplementation(print)
    const error = vi.spyOn(console, 'error').mockImplementation(print)
    const hostile = 'a\r\nb\u2028c\u2029d\u001b[31me\u0085f\u009bg\u007fh\u0000"\\'
    logSink().write(
      change(
        task({ stage: hostile }),
        task({ id: 'a\u2028b', status: 'failed', error: { message: hostile } }),
      ),
    )
    info.mockRestore()
    error.mockRestore()
    expect(printed).toHaveLength(2)
    for (const line of printed) {
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
    }
    expect(JSON.parse(printed[0]!)).toMatchObject({ level: 'info', task: { stage: hostile } })
    expect(JSON.parse(printed[1]!)).toMatchObject({ level: 'error', task: { error: { message: hostile } } })
  })
})

describe('toJsonLine', () => {
  it('reads back as what it was', () => {
    const value = { text: 'é\u2028\u0085\u{1f44d}', list: [1, null] }
    expect(JSON.parse(toJsonLine(value))).toEqual(value)
  })
})
