import { useTracker } from '@callsheet/react'
import { Dialog } from '@base-ui/react/dialog'
import { useEffect, useState, useSyncExternalStore } from 'react'

interface InspectorProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

const mostLines = 500

/** A drawer with the serialized state and the log. */
export function Inspector({ open, onOpenChange }: InspectorProps) {
  const lines = useEventLog()
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="studio-backdrop" />
        <Dialog.Popup className="studio-drawer">
          <header>
            <Dialog.Title>Inspect</Dialog.Title>
            <Dialog.Close className="studio-button">Close</Dialog.Close>
          </header>
          <h3>Event log ({lines.length})</h3>
          <pre className="studio-log" data-testid="event-log" tabIndex={0}>
            {lines.join('\n')}
          </pre>
          <h3>tracker.serialize()</h3>
          {open && <Snapshot />}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Snapshot() {
  const tracker = useTracker()
  const text = useSyncExternalStore(tracker.subscribe, () => latest(tracker))
  return (
    <pre className="studio-log" data-testid="snapshot" tabIndex={0}>
      {text}
    </pre>
  )
}

type AnyTracker = ReturnType<typeof useTracker>
let shown: { readonly views: unknown; readonly text: string } | undefined

/** Serializes once for each state: the list of views is the same until something changes. */
function latest(tracker: AnyTracker): string {
  const views = tracker.getPipelines()
  if (shown?.views !== views) shown = { views, text: JSON.stringify(tracker.serialize(), undefined, 2) }
  return shown.text
}

function useEventLog(): readonly string[] {
  const tracker = useTracker()
  const [lines, setLines] = useState<readonly string[]>([])
  useEffect(() => {
    const add = (line: string) =>
      setLines((old) => [...old, `${new Date().toLocaleTimeString()}  ${line}`].slice(-mostLines))
    const undo = [
      tracker.on('taskChanged', ({ id, task }) =>
        add(
          task
            ? [task.type, task.characterId, task.status, task.progress, task.stage, task.error?.message]
                .filter((part) => part !== undefined)
                .join(' · ')
            : `${id} removed`,
        ),
      ),
      tracker.on('stepCompleted', ({ type }) => add(`✓ ${type} completed`)),
      tracker.on('showCompleted', ({ pipeline }) => add(`★ ${pipeline.title ?? pipeline.showId} is done`)),
      tracker.on('error', ({ error }) => add(`! ${error.message}`)),
    ]
    return () => undo.forEach((off) => off())
  }, [tracker])
  return lines
}
