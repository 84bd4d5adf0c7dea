import { createTracker, showPipeline, type ShowPipeline, type Tracker } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it, vi } from 'vitest'
import { PipelineProvider, usePageTracker, usePipeline } from './index.ts'

const create = () => createTracker({ pipeline: showPipeline })

it('renders each request on a server with its own snapshot and its own tracker, without a warning', () => {
  const complaints = vi.spyOn(console, 'error')
  const trackers = new Set<Tracker<ShowPipeline>>()
  const Title = () => createElement('p', null, usePipeline('neon-noir').title)
  const Page = ({ title }: { readonly title: string }) => {
    const [tracker, database] = [usePageTracker(create), create()]
    trackers.add(tracker)
    database.show('neon-noir').setTitle(title)
    const serverSnapshot = parseSnapshot(database.serialize())
    return createElement(PipelineProvider, { tracker, serverSnapshot }, createElement(Title))
  }
  expect(renderToString(createElement(Page, { title: 'first' }))).toBe('<p>first</p>')
  expect(renderToString(createElement(Page, { title: 'second' }))).toBe('<p>second</p>')
  expect(trackers.size).toBe(2)
  expect([...trackers].flatMap((tracker) => tracker.getShows())).toEqual([])
  expect(complaints).not.toHaveBeenCalled()
  complaints.mockRestore()
})
