import * as z from 'zod'

/** The steps of a show on the page. */
const steps = [
  'show-generation',
  'character-seeds',
  'character-dossier',
  'portrait',
  'video',
  'portrait-grid',
  'library-poster',
  'trailer',
] as const
export type Step = (typeof steps)[number]

/** A call that fails `times` times. */
export const fault = z.object({
  type: z.enum(steps),
  characterIndex: z.int().min(0).max(99).optional(),
  times: z.int().min(1).max(1000).default(1),
})

const blueprint = z.object({
  title: z.string(),
  logline: z.string(),
  genre: z.string(),
  tone: z.string(),
  setting: z.string(),
  palette: z.array(z.string()),
  episodes: z.array(z.object({ title: z.string(), synopsis: z.string() })),
  seed: z.number(),
})

const seed = z.object({ id: z.string(), name: z.string(), role: z.string(), hook: z.string() })

const dossier = seed.extend({
  age: z.number(),
  backstory: z.string(),
  traits: z.array(z.string()),
  wants: z.string(),
  fears: z.string(),
  quote: z.string(),
})

const output = z.object({
  type: z.enum(steps),
  characterId: z.string().optional(),
  file: z.string(),
  url: z.string(),
  take: z.number(),
})
export type Output = z.infer<typeof output>

/** The contents of show.json. Lists and not objects by id, since ids may be any text. */
export const showRecord = z.object({
  showId: z.string(),
  prompt: z.string(),
  createdAt: z.iso.datetime(),
  speed: z.number(),
  /** The requested number of characters. */
  characters: z.number().optional(),
  /** The requested faults, and those that are left. */
  askedFaults: z.array(fault),
  faults: z.array(fault),
  blueprint: blueprint.optional(),
  seeds: z.array(seed).optional(),
  dossiers: z.array(dossier),
  outputs: z.array(output),
  /** Numbers the files, so that no name is ever used twice. */
  serial: z.number(),
})
export type ShowRecord = Readonly<z.infer<typeof showRecord>>

export const newRecord = (showId: string, prompt: string, createdAt: string): ShowRecord => ({
  showId,
  prompt,
  createdAt,
  speed: 1,
  askedFaults: [],
  faults: [],
  dossiers: [],
  outputs: [],
  serial: 0,
})

export const findOutput = (show: ShowRecord, type: Step, characterId?: string): Output | undefined =>
  show.outputs.find((one) => one.type === type && one.characterId === characterId)

/** A line of the list of shows. */
export const summaryOf = ({ showId, prompt, createdAt, blueprint }: ShowRecord) => ({
  showId,
  title: blueprint?.title ?? prompt.slice(0, 60),
  prompt,
  createdAt,
})

/** A show for the page: what is done, and its URLs. */
export const viewOf = (show: ShowRecord) => {
  const { showId, title, prompt } = summaryOf(show)
  const roster = show.seeds ?? []
  const urls = (type: Step) =>
    roster.flatMap(({ id }) => {
      const found = findOutput(show, type, id)
      return found ? [[id, found.url] as const] : []
    })
  const made = (type: Step) => findOutput(show, type)?.url
  const perCharacter = { portrait: urls('portrait'), video: urls('video') }
  const perShow = {
    'portrait-grid': made('portrait-grid'),
    'library-poster': made('library-poster'),
    trailer: made('trailer'),
  }
  const built = roster.filter(({ id }) => show.dossiers.some((one) => one.id === id)).map(({ id }) => id)
  const lists = Object.entries(perCharacter).filter(([, pairs]) => pairs.length > 0)
  const singles = Object.entries(perShow).filter(([, url]) => url !== undefined)
  return {
    showId,
    title,
    prompt,
    ...(show.seeds ? { characters: roster.map(({ id, name }) => ({ id, name })) } : {}),
    done: {
      ...(show.blueprint ? { 'show-generation': true } : {}),
      ...(show.seeds ? { 'character-seeds': true } : {}),
      ...(built.length > 0 ? { 'character-dossier': built } : {}),
      ...Object.fromEntries(lists.map(([type, pairs]) => [type, pairs.map(([id]) => id)])),
      ...Object.fromEntries(singles.map(([type]) => [type, true])),
    },
    outputs: {
      // fromEntries defines its keys: an id such as __proto__ stays a plain key.
      ...Object.fromEntries(lists.map(([type, pairs]) => [type, Object.fromEntries(pairs)])),
      ...Object.fromEntries(singles),
    },
  }
}
