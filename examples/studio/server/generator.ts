/** A produced file. */
export interface Media {
  readonly bytes: Uint8Array
  /** Its media type: image/png, image/webp, video/mp4. */
  readonly type: string
  /** Without the dot. */
  readonly extension: string
}

/** The plan of a show, from a prompt. */
export interface Blueprint {
  readonly title: string
  readonly logline: string
  readonly genre: string
  readonly tone: string
  readonly setting: string
  readonly palette: readonly string[]
  readonly episodes: readonly { readonly title: string; readonly synopsis: string }[]
  /** The seed of all later steps: the same seed gives the same show. */
  readonly seed: number
}

/** A character, in one line. */
export interface CharacterSeed {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly hook: string
}

/** A character, at length. */
export interface Dossier extends CharacterSeed {
  readonly age: number
  readonly backstory: string
  readonly traits: readonly string[]
  readonly wants: string
  readonly fears: string
  readonly quote: string
}

/** A picture of a character. */
export interface Portrait {
  readonly character: CharacterSeed
  readonly png: Uint8Array
}

/** The interface to what produces a show. The page and the server use nothing else. */
export interface ShowGenerator {
  readonly blueprint: (
    request: { readonly showId: string; readonly prompt: string },
    signal: AbortSignal,
  ) => Promise<Blueprint>
  /** @param count The number of characters, 1 to 8. @default 3 to 5, by the seed */
  readonly seeds: (
    blueprint: Blueprint,
    count: number | undefined,
    signal: AbortSignal,
  ) => Promise<readonly CharacterSeed[]>
  readonly dossier: (blueprint: Blueprint, character: CharacterSeed, signal: AbortSignal) => Promise<Dossier>
  /** @param take 1, 2, 3 …: another take is another picture. */
  readonly portrait: (
    blueprint: Blueprint,
    character: CharacterSeed,
    take: number,
    signal: AbortSignal,
  ) => Promise<Media>
  readonly video: (blueprint: Blueprint, portrait: Portrait, signal: AbortSignal) => Promise<Media>
  readonly grid: (blueprint: Blueprint, portraits: readonly Portrait[], signal: AbortSignal) => Promise<Media>
  readonly poster: (
    blueprint: Blueprint,
    portraits: readonly Portrait[],
    signal: AbortSignal,
  ) => Promise<Media>
  readonly trailer: (
    blueprint: Blueprint,
    portraits: readonly Portrait[],
    signal: AbortSignal,
  ) => Promise<Media>
}
