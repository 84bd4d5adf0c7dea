import { expect, it } from 'vitest'
import { render } from 'vitest-browser-react'
import { usePipeline, useStep } from './index.ts'
import { createTestTracker, settled, showId, stepTypes } from './testing.tsx'

type Props = { readonly type: (typeof stepTypes)[number]; readonly onRender: (name: string) => void }

function WithUseStep({ type, onRender }: Props) {
  onRender(type)
  return <li>{useStep(showId, type).progress}</li>
}

function WithSelector({ type, onRender }: Props) {
  onRender(type)
  return <li>{usePipeline(showId, (pipeline) => pipeline.step(type)).progress}</li>
}

function Overall({ onRender }: Pick<Props, 'onRender'>) {
  onRender('overall')
  return <b>{usePipeline(showId, (pipeline) => pipeline.progress)}</b>
}

function Title({ onRender }: Pick<Props, 'onRender'>) {
  onRender('title')
  return <i>{usePipeline(showId, (pipeline) => pipeline.title)}</i>
}

for (const [name, Reader] of Object.entries({
  useStep: WithUseStep,
  'usePipeline with a selector': WithSelector,
})) {
  it(`renders only the readers of what has changed, with ${name}`, async () => {
    const { tracker, wrapper } = createTestTracker()
    tracker.addTask({ id: 'seeds', showId, type: 'character-seeds', status: 'processing' })
    const renders: string[] = []
    const onRender = (who: string) => void renders.push(who)
    const take = async () => (await settled(), renders.splice(0).toSorted())
    await render(
      <>
        {stepTypes.map((type) => (
          <Reader key={type} {...{ type, onRender }} />
        ))}
        <Overall onRender={onRender} />
        <Title onRender={onRender} />
      </>,
      { wrapper },
    )
    expect(await take()).toHaveLength(10)

    tracker.updateTask('seeds', { progress: 2 })
    expect(await take()).toEqual(['character-seeds'])

    tracker.updateTask('seeds', { progress: 80 })
    expect(await take()).toEqual(['character-seeds', 'overall'])

    tracker.addTask({ id: 'portrait', showId, type: 'portrait', characterId: 'ada', status: 'processing' })
    expect(await take()).toEqual(['portrait'])

    tracker.addTask({ showId: 'another-show', type: 'portrait', characterId: 'ada' })
    expect(await take()).toEqual([])

    // What happens in one go is one render.
    for (let progress = 1; progress < 20; progress += 1) tracker.updateTask('portrait', { progress })
    expect(await take()).toEqual(['overall', 'portrait'])
  })
}
