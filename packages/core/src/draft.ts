import { produce } from 'immer'

/**
 * Turns a recipe over a draft of the metadata into an updater for `updateTask` and `run.update`.
 *
 * @example
 * run.update({ metadata: draft<{ takes: string[] }>((metadata) => { metadata.takes.push('take 2') }) })
 */
export const draft =
  <M extends object>(recipe: (draft: M) => void): ((metadata: M) => M) =>
  (metadata) =>
    produce(metadata, recipe as (draft: unknown) => void)
