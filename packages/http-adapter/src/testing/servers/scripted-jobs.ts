/** A job of a scripted provider. */
export interface ScriptedJob<State> {
  readonly id: string
  readonly input: unknown
  state: State
}

/** The jobs of a scripted provider. */
export interface ScriptedJobs<State> {
  /** All that were created: what was paid for. */
  readonly all: readonly ScriptedJob<State>[]
  readonly find: (id: string | undefined) => ScriptedJob<State> | undefined
  readonly create: (input: unknown) => ScriptedJob<State>
  /** The next state of the script, unless the script has ended or a test has set the state. */
  readonly step: (job: ScriptedJob<State>) => State
  /** Takes a job in hand, by default the newest: it stays in this state. */
  readonly set: (state: State, id?: string) => void
  /** Resolves as soon as the job is in such a state. */
  readonly until: (job: ScriptedJob<State>, test: (state: State) => boolean) => Promise<void>
}

/** Makes jobs that go through the states of a script, one state further at each question. */
export function createScriptedJobs<State>(prefix: string, script: readonly State[]): ScriptedJobs<State> {
  const all: ScriptedJob<State>[] = []
  const rest = new Map<string, readonly State[]>()
  const watchers = new Set<() => void>()
  const find = (id: string | undefined) => all.find((job) => job.id === id)
  const move = (job: ScriptedJob<State>, state: State) => {
    job.state = state
    for (const watcher of watchers) watcher()
  }
  return {
    all,
    find,
    create(input) {
      const job = { id: `${prefix}${all.length + 1}`, input, state: script[0]! }
      all.push(job)
      rest.set(job.id, script.slice(1))
      return job
    },
    step(job) {
      const [next, ...others] = rest.get(job.id) ?? []
      if (next !== undefined) {
        rest.set(job.id, others)
        move(job, next)
      }
      return job.state
    },
    set(state, id = all.at(-1)?.id) {
      const job = find(id)
      if (!job) throw new Error(`Unknown job "${id}".`)
      rest.delete(job.id)
      move(job, state)
    },
    until: (job, test) =>
      new Promise((resolve) => {
        const look = () => {
          if (!test(job.state)) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
  }
}
