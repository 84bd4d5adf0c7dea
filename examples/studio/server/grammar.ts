import type { Blueprint, CharacterSeed, Dossier } from './generator.ts'
import * as people from './people.ts'
import { createChance, hash, type Chance } from './random.ts'
import { dullWords, genres, type Genre } from './words.ts'

const red = '#e50914'
const titleCase = (text: string) => text.replace(/(^|[\s-])(\p{L})/gu, (all: string) => all.toUpperCase())
const sentenceCase = (text: string) => text.replace(/^\P{L}*\p{L}/u, (all) => all.toUpperCase())

const genreOf = (prompt: string, chance: Chance): Genre => {
  const words = prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const scored = genres.map((genre) => {
    // A short sign has to be the whole word: "ai" is no part of "airport".
    const sign = new RegExp(`^(?:${genre.signs.map((s) => (s.length < 4 ? `${s}s?$` : s)).join('|')})`, 'u')
    return { genre, score: words.filter((word) => sign.test(word)).length }
  })
  const best = Math.max(...scored.map((one) => one.score))
  return chance.pick(scored.filter((one) => one.score === best)).genre
}

/** Words of the prompt that can stand in a title; two that stand next to each other make one phrase. */
const phrasesOf = (prompt: string): string[] => {
  const phrases: string[] = []
  for (const part of prompt.split(/[^\p{L}\p{M}\s'’-]+/u)) {
    let phrase: string[] = []
    for (const word of [...part.split(/\s+/u), '']) {
      const fit = /^\p{L}/u.test(word) && word.length > 2 && word.length < 20 && !dullWords.has(word.toLowerCase())
      if (fit) phrase.push(word)
      if ((!fit || phrase.length === 2) && phrase.length > 0) {
        phrases.push(titleCase(phrase.join(' ')))
        phrase = []
      }
    }
  }
  return [...new Set(phrases)]
}

const premiseOf = (prompt: string): string => {
  const asked = /^(?:please\s+)?(?:(?:make|create|write|give|do)\s+)?(?:me\s+)?(?:an?\s+)?(?:[\p{L}-]+\s+){0,3}(?:show|series|drama|comedy|thriller|film|movie|story)\s+(?:about|on|of|where|in which)\s+/iu
  const first = prompt.replace(/\s+/gu, ' ').trim().replace(asked, '').split(/[.!?](?:\s|$)/u)[0] ?? ''
  if (first.length <= 150) return first
  return first.slice(0, 150).replace(/\s+\S*$/u, '').replace(/[\s,;:]+$/u, '')
}

const fill = (text: string, place: string, matter: string) =>
  text.replaceAll('{place}', () => place).replaceAll('{matter}', () => matter)

const bare = (text: string) => text.replace(/^(?:The|A|An) /u, '').toLowerCase()

/** A name that the prompt gives. */
const calledIn = (text: string, how: string) =>
  new RegExp(`\\b(?:${how}) (\\p{Lu}[\\p{L}’'-]*(?: \\p{Lu}[\\p{L}’'-]*)?)`, 'u').exec(text)?.[1]

const titleOf = (subject: string, noun: string, chance: Chance): string => {
  if (subject === '')
    return chance.pick([`The ${noun}`, `The Last ${noun}`, `${noun} & Sons`, `A ${noun} for Strangers`])
  // "The" reads wrong before another script.
  if (!/^\p{Script=Latin}/u.test(subject)) return subject
  if (!subject.includes(' '))
    return chance.pick([`The ${subject} ${noun}`, `The Last ${subject}`, `${subject} & ${noun}`])
  const whole = [`The ${subject}`, `The Last ${subject}`]
  return chance.pick(subject.endsWith('s') ? whole : [...whole, `The ${subject}’s ${noun}`])
}

export const makeBlueprint = (showId: string, prompt: string): Blueprint => {
  const seed = hash(`${showId}\u0000${prompt}`)
  const chance = createChance(seed)
  const genre = genreOf(prompt, chance)
  const setting = chance.pick(genre.settings)
  const phrases = phrasesOf(prompt)
  const noun = chance.pick(genre.nouns)
  const subject = phrases.find((phrase) => phrase.includes(' ')) ?? (phrases.length > 0 ? chance.pick(phrases) : '')
  const called = calledIn(prompt, 'named|called')
  const title = called === undefined ? titleOf(subject, noun, chance) : chance.pick([called, `The ${noun} of ${called}`])
  const premise = premiseOf(prompt)
  const twist = chance.pick(genre.twists)
  const matter = bare(subject === '' || called !== undefined ? noun : subject)
  const logline =
    premise.split(' ').length > 3
      ? `${sentenceCase(premise)} — until ${twist}.`
      : `${sentenceCase(setting)}. Everyone has a reason to lie about the ${matter} — until ${twist}.`
  const names = chance.some(people.episodeTitles, chance.whole(4, 6))
  const synopses = chance.some(people.synopses, names.length)
  return {
    title,
    logline,
    genre: genre.name,
    tone: chance.pick(genre.tones),
    setting,
    palette: [...genre.palette, red],
    episodes: names.map((name, i) => ({ title: name, synopsis: fill(synopses[i] ?? '', setting, matter) })),
    seed,
  }
}

const genreNamed = (blueprint: Blueprint): Genre =>
  genres.find((genre) => genre.name === blueprint.genre) ?? createChance(blueprint.seed).pick(genres)
const matterOf = (blueprint: Blueprint) => bare(createChance(blueprint.seed).pick(genreNamed(blueprint).nouns))

const slug = (name: string) => {
  const ascii = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return ascii.replace(/[^a-z0-9]+/gu, '-').replace(/^-|-$/gu, '') || 'character'
}

export const makeSeeds = (blueprint: Blueprint, asked: number | undefined): readonly CharacterSeed[] => {
  const chance = createChance(hash(`${blueprint.seed} cast`))
  const own = chance.whole(3, 5)
  const count = Math.min(8, Math.max(1, Math.floor(asked ?? own)))
  const called = calledIn(blueprint.logline, 'named')
  const last = chance.some(people.lastNames, 8)
  const names = chance.some(people.firstNames, 8).map((first, i) => `${first} ${last[i]}`)
  if (called !== undefined) names.unshift(called)
  const roles = chance.some(genreNamed(blueprint).roles, 8)
  const hooks = chance.some(people.hooks, 8).map((hook) => fill(hook, blueprint.setting, matterOf(blueprint)))
  const taken = new Set<string>()
  return names.slice(0, count).map((name, i) => {
    let id = slug(name)
    while (taken.has(id)) id += '-2'
    taken.add(id)
    return { id, name, role: roles[i] ?? 'Stranger', hook: `${hooks[i]}.` }
  })
}

export const makeDossier = (blueprint: Blueprint, character: CharacterSeed): Dossier => {
  const chance = createChance(hash(`${blueprint.seed} ${character.id}`))
  const say = (list: readonly string[]) => fill(chance.pick(list), blueprint.setting, matterOf(blueprint))
  return {
    ...character,
    age: chance.whole(19, 71),
    backstory: `${character.name} ${say(people.origins)}. ${say(people.wounds)}`,
    traits: chance.some(people.traits, chance.whole(3, 4)),
    wants: `${say(people.wants)}.`,
    fears: `${say(people.fears)}.`,
    quote: say(people.quotes),
  }
}
