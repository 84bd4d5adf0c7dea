import { useEffect, useRef, useState } from 'react'
import { useTracker } from './hooks.ts'
import { useLabels } from './labels-provider.tsx'

// Long enough for a retry to follow its failure, and for several slots to be said in one breath.
const gatherMs = 500

interface Announcement {
  readonly text: string
  readonly count: number
}

/** A polite live region that says when a step of a show is done and when a task of it has failed, once each. */
export function Announcer({ showId, title }: { readonly showId: string; readonly title: string }) {
  const tracker = useTracker()
  const labels = useLabels()
  const [said, setSaid] = useState<Announcement>({ text: '', count: 0 })
  const words = useRef({ title, labels })
  useEffect(() => {
    words.current = { title, labels }
  })

  useEffect(() => {
    const waiting: (() => string | undefined)[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = () => {
      timer = undefined
      const text = waiting
        .splice(0)
        .flatMap((say) => say() ?? [])
        .join(' ')
      if (text !== '') setSaid(({ count }) => ({ text, count: count + 1 }))
    }
    const later = (say: () => string | undefined) => {
      waiting.push(say)
      timer ??= setTimeout(flush, gatherMs)
    }
    // An event may name the show by an id that it had before a rename.
    const isMine = (id: string) =>
      id === showId || tracker.getPipeline(id).showId === tracker.getPipeline(showId).showId
    const stops = [
      tracker.on('stepCompleted', (event) => {
        if (isMine(event.showId))
          later(() => words.current.labels.stepDone(words.current.title, event.step.label))
      }),
      tracker.on('taskFinished', ({ task }) => {
        if (task.status !== 'failed' || !isMine(task.showId)) return
        later(() => {
          const now = tracker.getTask(task.id)
          if (now?.status !== 'failed') return undefined
          const step = tracker.getPipeline(showId).steps.find(({ type }) => type === task.type)
          const name = step?.slots.find(({ characterId }) => characterId === task.characterId)?.name
          return words.current.labels.taskFailed(
            words.current.title,
            step?.label ?? task.type,
            name,
            now.error?.message ?? '',
          )
        })
      }),
    ]
    return () => {
      clearTimeout(timer)
      for (const stop of stops) stop()
    }
  }, [tracker, showId])

  return (
    <div className="callsheet-hidden" role="status" aria-live="polite">
      {said.text !== '' && <span key={said.count}>{said.text}</span>}
    </div>
  )
}
