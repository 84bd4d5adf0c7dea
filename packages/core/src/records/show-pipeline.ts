import { definePipeline } from './pipeline.ts'

const definition = definePipeline({
  id: 'show',
  steps: [
    { type: 'show-generation', label: 'Show Blueprint', per: 'show', icon: 'sparkles' },
    {
      type: 'character-seeds',
      label: 'Character Seeds',
      per: 'show',
      icon: 'users',
      after: ['show-generation'],
    },
    {
      type: 'character-dossier',
      label: 'Character Dossiers',
      per: 'character',
      icon: 'file-text',
      after: ['character-seeds'],
    },
    {
      type: 'portrait',
      label: 'Portraits',
      per: 'character',
      icon: 'image',
      after: ['character-dossier'],
      stallAfter: 300_000,
    },
    {
      type: 'video',
      label: 'Character Videos',
      per: 'character',
      optional: true,
      icon: 'video',
      after: ['portrait'],
      stallAfter: 900_000,
    },
    { type: 'portrait-grid', label: 'Portrait Grid', per: 'show', icon: 'grid-3x3', after: ['portrait'] },
    {
      type: 'library-poster',
      label: 'Show Poster',
      per: 'show',
      icon: 'image-plus',
      after: ['portrait-grid'],
    },
    // A trailer was seen to take twenty minutes.
    {
      type: 'trailer',
      label: 'Trailer',
      per: 'show',
      icon: 'film',
      after: ['portrait-grid'],
      stallAfter: 1_200_000,
    },
  ],
})

type Definition = typeof definition

// An interface: hovers and messages then say its name instead of all its steps.
/** The type of the eight-step pipeline. */
export interface ShowPipeline extends Definition {}

/**
 * The eight steps of an AI show: from a prompt to a trailer.
 *
 * @example
 * const tracker = createTracker({ pipeline: showPipeline })
 */
export const showPipeline: ShowPipeline = definition
