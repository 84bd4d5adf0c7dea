import { showPipeline } from '@callsheet/core'
import { type FormEvent, useState } from 'react'
import type { Order } from './orders.ts'

const speeds = [
  { value: 0.5, label: 'Slow' },
  { value: 1, label: 'As it is' },
  { value: 4, label: 'Fast' },
  { value: 20, label: 'Very fast' },
]

/** The form for a new show: a prompt, and the settings of the simulation. */
export function PromptBox({ onOrder }: { readonly onOrder: (order: Order) => void }) {
  const [prompt, setPrompt] = useState('')
  const [speed, setSpeed] = useState(1)
  const [characters, setCharacters] = useState(0)
  const [hasVideos, setVideos] = useState(true)
  const [fault, setFault] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (prompt.trim() === '') return
    const step = showPipeline.steps.find(({ type }) => type === fault)
    // In a step per character the second one fails, to show that the others continue.
    const faults = step ? [{ type: step.type, ...(step.per === 'show' ? {} : { characterIndex: 1 }) }] : []
    onOrder({ prompt, speed, videos: hasVideos, faults, ...(characters > 0 ? { characters } : {}) })
    setPrompt('')
    setFault('')
  }
  return (
    <form className="studio-prompt" onSubmit={submit}>
      <label className="studio-prompt-text">
        <span>Your show</span>
        <textarea
          value={prompt}
          rows={2}
          placeholder="Describe your show…"
          onChange={(event) => setPrompt(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.metaKey || event.ctrlKey))
              event.currentTarget.form?.requestSubmit()
          }}
        />
      </label>
      <div className="studio-options">
        <label>
          <span>Speed</span>
          <select value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
            {speeds.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Characters</span>
          <select value={characters} onChange={(event) => setCharacters(Number(event.target.value))}>
            <option value={0}>As the story wants</option>
            {[1, 2, 3, 4, 5, 6, 7, 8].map((count) => (
              <option key={count} value={count}>
                {count}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Make one fail</span>
          <select value={fault} onChange={(event) => setFault(event.target.value)}>
            <option value="">None</option>
            {showPipeline.steps.map(({ type, label }) => (
              <option key={type} value={type}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="studio-check">
          <input type="checkbox" checked={hasVideos} onChange={(event) => setVideos(event.target.checked)} />
          <span>Character videos</span>
        </label>
        <button type="submit" className="studio-button studio-go" disabled={prompt.trim() === ''}>
          Make the show
        </button>
      </div>
    </form>
  )
}
