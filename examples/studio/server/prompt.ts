import type { Chance } from './random.ts'
import { genres, type Genre } from './words.ts'

const words = (text: string): readonly string[] => text.split('|')

/** Words that are not used in titles: too common, or verbs. */
const dullWords: ReadonlySet<string> = new Set(
  words(
    'a|an|and|are|as|at|about|after|all|also|any|be|been|become|becomes|before|between|but|by|called|can|could|create|discover|discovers|do|does|episode|episodes|every|fall|falls|fight|fights|film|find|finds|for|from|get|gets|give|go|goes|had|has|have|he|her|hers|him|his|how|i|in|into|is|it|its|just|keep|keeps|know|knows|learn|learns|like|live|lives|living|look|looking|lose|loses|made|make|makes|me|meet|meets|more|movie|must|my|named|need|needs|new|no|not|of|off|on|one|only|or|our|out|over|own|people|please|run|runs|search|secretly|see|series|set|she|should|show|so|solve|solves|some|someone|start|starts|story|take|takes|talk|talks|than|that|the|their|them|then|there|they|this|through|to|tries|try|trying|turn|turns|two|three|four|under|until|up|us|use|uses|very|want|wants|was|we|were|what|when|where|which|while|who|whose|will|with|within|without|work|working|works|would|write|you|your|drama|comedy|thriller|inside|against|around|during|across|behind|because|once|each|other|never|always|slowly|discovering|hunting|building|trapped|hunts|über|und|der|die|das|ein|eine|zwei|les|une|des|los|las|una',
  ),
)

const titleCase = (text: string) => text.replace(/(^|[\s-])(\p{L})/gu, (all: string) => all.toUpperCase())

/** The genre that the words of a prompt indicate; else any. */
export const genreOf = (prompt: string, chance: Chance): Genre => {
  const words = prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const scored = genres.map((genre) => {
    // A short keyword must be the whole word: "ai" does not match "airport".
    const sign = new RegExp(`^(?:${genre.signs.map((s) => (s.length < 4 ? `${s}s?$` : s)).join('|')})`, 'u')
    return { genre, score: words.filter((word) => sign.test(word)).length }
  })
  const best = Math.max(...scored.map((one) => one.score))
  return chance.pick(scored.filter((one) => one.score === best)).genre
}

/** Words of the prompt that can stand in a title; two that stand next to each other make one phrase. */
export const phrasesOf = (prompt: string): string[] => {
  const phrases: string[] = []
  for (const part of prompt.split(/[^\p{L}\p{M}\s'’-]+/u)) {
    let phrase: string[] = []
    for (const word of [...part.split(/\s+/u), '']) {
      const fit =
        /^\p{L}/u.test(word) && word.length > 2 && word.length < 20 && !dullWords.has(word.toLowerCase())
      if (fit) phrase.push(word)
      if ((!fit || phrase.length === 2) && phrase.length > 0) {
        phrases.push(titleCase(phrase.join(' ')))
        phrase = []
      }
    }
  }
  return [...new Set(phrases)]
}

/** The first sentence, without phrases such as "make a show". */
export const premiseOf = (prompt: string): string => {
  const asked =
    /^(?:please\s+)?(?:(?:make|create|write|give|do)\s+)?(?:me\s+)?(?:an?\s+)?(?:[\p{L}-]+\s+){0,3}(?:show|series|drama|comedy|thriller|film|movie|story)\s+(?:about|on|of|where|in which)\s+/iu
  const first =
    prompt
      .replace(/\s+/gu, ' ')
      .trim()
      .replace(asked, '')
      .split(/[.!?](?:\s|$)/u)[0] ?? ''
  if (first.length <= 150) return first
  return first
    .slice(0, 150)
    .replace(/\s+\S*$/u, '')
    .replace(/[\s,;:]+$/u, '')
}

/** A name that the prompt gives. */
export const calledIn = (text: string, how: string) =>
  new RegExp(`\\b(?:${how}) (\\p{Lu}[\\p{L}’'-]*(?: \\p{Lu}[\\p{L}’'-]*)?)`, 'u').exec(text)?.[1]
