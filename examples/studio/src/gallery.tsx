import { useStep } from '@callsheet/react'
import type { SavedShow } from './api.ts'

interface GalleryProps {
  readonly showId: string
  readonly saved: SavedShow | undefined
}

/** The results, as they arrive. */
export function Gallery({ showId, saved }: GalleryProps) {
  const blueprint = useStep(showId, 'show-generation').result()
  const { title, logline } = (blueprint?.metadata ?? {}) as {
    readonly title?: string
    readonly logline?: string
  }
  const trailer = useOutput(showId, 'trailer') ?? saved?.outputs.trailer
  const poster = useOutput(showId, 'library-poster') ?? saved?.outputs['library-poster']
  const grid = useOutput(showId, 'portrait-grid') ?? saved?.outputs['portrait-grid']
  return (
    <section className="studio-gallery" aria-label="Gallery">
      <h1>{title ?? saved?.title ?? 'In the making'}</h1>
      {logline !== undefined && <p className="studio-logline">{logline}</p>}
      {trailer !== undefined && (
        <figure className="studio-trailer">
          <video src={trailer} controls muted autoPlay loop playsInline data-testid="trailer" />
          <figcaption>Trailer</figcaption>
        </figure>
      )}
      <Pictures showId={showId} type="portrait" saved={saved?.outputs.portrait} />
      <Pictures showId={showId} type="video" saved={saved?.outputs.video} />
      <div className="studio-sheets">
        {poster !== undefined && <Picture url={poster} caption="Show Poster" />}
        {grid !== undefined && <Picture url={grid} caption="Portrait Grid" />}
      </div>
    </section>
  )
}

const useOutput = (
  showId: string,
  type: 'trailer' | 'library-poster' | 'portrait-grid',
): string | undefined => useStep(showId, type).result()?.outputUrl

interface PicturesProps {
  readonly showId: string
  readonly type: 'portrait' | 'video'
  readonly saved: Readonly<Record<string, string>> | undefined
}

/** One picture per character, with a placeholder until it arrives. */
function Pictures({ showId, type, saved }: PicturesProps) {
  const step = useStep(showId, type)
  if (step.slots.length === 0) return null
  return (
    <div className="studio-pictures" data-type={type}>
      {step.slots.map(({ characterId = '', name = '', status, result }) => {
        const url = result?.outputUrl ?? result?.outputs?.[0] ?? saved?.[characterId]
        return url === undefined ? (
          <div key={characterId} className="studio-picture" data-status={status}>
            <span>{name}</span>
          </div>
        ) : (
          <Picture key={characterId} url={url} caption={name} />
        )
      })}
    </div>
  )
}

const Picture = ({ url, caption }: { readonly url: string; readonly caption: string }) => (
  <figure className="studio-picture">
    <img src={url} alt={caption} />
    <figcaption>{caption}</figcaption>
  </figure>
)
