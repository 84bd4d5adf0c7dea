import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Editor, openEditor } from '../tools/language-server.ts'
import { writeFiles } from '../tools/type-check.ts'

/** What a user has in hand, and how it is got. */
const values = {
  task: `tracker.getTask('mine')!`,
  portrait: `step.task('ada')!`,
  step: `show.step('portrait')`,
  show: `tracker.getPipeline('neon-noir')`,
  slot: `step.slots[0]!`,
  error: `task.error!`,
  stepError: `step.errors[0]!`,
  job: `task.job!`,
  character: `show.characters[0]!`,
  record: `tracker.serialize().shows[0]!`,
  register: `record.characters!`,
  facts: `record.facts!.value`,
  run: `{} as RunContext`,
  policy: `{} as RetryPolicy`,
  patch: `{} as TaskPatch`,
}

const prelude = `import { createTracker, type RetryPolicy, type RunContext, showPipeline, type TaskPatch } from '@callsheet/core'
const tracker = createTracker({ pipeline: showPipeline })
`
const order = [
  'show',
  'step',
  'task',
  ...Object.keys(values).filter((name) => !['show', 'step', 'task'].includes(name)),
] as (keyof typeof values)[]
const declarations = order.map((name) => `const ${name} = ${values[name]}`).join('\n')

const editors: Editor[] = []
afterAll(() => editors.forEach((editor) => editor.close()))

async function edit(name: string, code: string) {
  const folder = writeFiles(`hovers-${name}`, { 'app.tsx': `${prelude}${code}\n` })
  const editor = await openEditor(path.join(folder, 'app.tsx'))
  editors.push(editor)
  return editor
}

/** The documentation in a hover: what follows the code. */
const docsIn = (hover: string): string => hover.replace(/```[\s\S]*?```/, '').trim()

describe('an editor', async () => {
  const asked = await edit('fields', `${declarations}\n${order.map((name) => `void (${name}.)`).join('\n')}`)
  const fields = new Map<string, readonly string[]>()
  for (const name of order) {
    const offered = await asked.complete(`void (${name}.`)
    fields.set(
      name,
      offered.filter((field) => /^\w+$/.test(field)),
    )
  }
  const uses = order.flatMap((name) => fields.get(name)!.map((field) => `void ${name}.${field};`))
  const shown = await edit('docs', `${declarations}\n${uses.join('\n')}`)

  it.each(order)('says of every field of a value like `%s` what it is', async (name) => {
    const silent: string[] = []
    for (const field of fields.get(name)!) {
      if (docsIn(await shown.hover(`void ${name}.${field};`.slice(0, -1))) === '') silent.push(field)
    }
    expect(fields.get(name)!.length).toBeGreaterThan(1)
    expect(silent).toEqual([])
  })

  it('prints short types over what is called and held', async () => {
    const editor = await edit(
      'short',
      `${declarations}
export const response = tracker.show('s').track('portrait', () => fetch('/x'), { characterId: 'ada' })
export const made = tracker.addTask({ type: 'trailer', showId: 's' })`,
    )
    expect(await editor.hover('const tracker')).toContain('const tracker: Tracker<ShowPipeline>')
    expect(await editor.hover('const portrait')).toContain('const portrait: StepTask<"portrait", JsonObject>')
    expect(await editor.hover('const step')).toContain('const step: StepView<ShowPipeline, "portrait"')
    expect(await editor.hover('const made')).toContain('StepTask<"trailer", JsonObject> | undefined')
    const track = await editor.hover('.track')
    expect(track).toContain(
      'ShowTracker<ShowPipeline>.track: <"portrait", Promise<Response>, never>(type: "portrait"',
    )
    expect(track).not.toContain('readonly label')
    expect(docsIn(track)).toMatch(/^Calls `fn` and tracks it/)
  })

  it('offers the steps, and the options of a step', async () => {
    const editor = await edit(
      'offers',
      `tracker.show('s').track('')
tracker.show('s').track('portrait', () => 1, { })`,
    )
    const types = await editor.complete(`track('`)
    expect(types).toEqual(expect.arrayContaining(['portrait', 'trailer', 'character-seeds']))
    expect(types).toHaveLength(8)
    expect(await editor.complete(`() => 1, { `)).toEqual(
      expect.arrayContaining(['characterId', 'retry', 'timeout']),
    )
  })
})
