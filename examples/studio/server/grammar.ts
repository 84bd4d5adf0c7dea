import type { Blueprint, CharacterSeed, Dossier } from './generator.ts'
import * as people from './people.ts'
import { calledIn, genreOf, phrasesOf, premiseOf } from './prompt.ts'
import { createChance, hash, type Chance } from './random.ts'
import { genres, type Genre } from './words.ts'

const red = '#e50914'
const sentenceCase = (text: string) => text.replace(/^\P{L}*\p{L}/u, (all) => all.toUpperCase())

const fill = (text: string, place: string, matter: string) =>
  text.replaceAll('{place}', () => place).replaceAll('{matter}', () => matter)

const bare = (text: string) => text.replace(/^(?:The|A|An) /u, '').toLowerCase()

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
  const subject =
    phrases.find((phrase) => phrase.includes(' ')) ?? (phrases.length > 0 ? chance.pick(phrases) : '')
  const called = calledIn(prompt, 'named|called')
  const title =
    called === undefined ? titleOf(subject, noun, chance) : chance.pick([called, `The ${noun} of ${called}`])
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
const matterOf = (blueprint: Blueprint) =>
  bare(createChance(blueprint.seed).pick(genreNamed(blueprint).nouns))

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
