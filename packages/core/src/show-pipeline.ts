import { definePipeline } from './pipeline.ts'

/**
 * The eight steps of an AI show: from a prompt to a trailer.
 *
 * @example
 * const tracker = createTracker({ pipeline: showPipeline })
 */
export const showPipeline = definePipeline({
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
    {
      type: 'portrait-grid',
      label: 'Portrait Grid',
      per: 'show',
      icon: 'grid-3x3',
      after: ['portrait'],
    },
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

/** The type of the eight-step pipeline. */
export type ShowPipeline = typeof showPipeline
