import { lorelei } from '@dicebear/collection'
import { createAvatar } from '@dicebear/core'
import type { CharacterSeed } from './generator.ts'
import { manNames } from './people.ts'
import { createChance } from './random.ts'

// The style's design is CC0. Of its parts, those that suit a drama: no tongues, no bald tufts.
type Options = NonNullable<Parameters<typeof createAvatar<lorelei.Options>>[1]>
const variants = <K extends 'hair' | 'eyes' | 'eyebrows'>(numbers: string) =>
  numbers.split(' ').map((number) => `variant${number}`) as NonNullable<Options[K]>

const longHair = variants<'hair'>('13 14 15 16 18 19 21 23 24 26 29 31 32 33 35 37 38 42')
const shortHair = variants<'hair'>('01 02 03 04 05 06 07 08 09 12 20 22 28 39 43 44 47')
const eyes = variants<'eyes'>('02 04 06 08 10 11 12 14 17 18 20 21 23 24')
const eyebrows = variants<'eyebrows'>('01 02 03 04 05 06 07 08 09 10')
const mouth = 'happy01 happy02 happy03 happy04 happy05 happy06 happy10 happy14 sad03 sad05 sad09'.split(
  ' ',
) as NonNullable<Options['mouth']>

const skins = ['f2cfb3', 'e0ac84', 'c68a5f', '9a6241', '7d5138', 'edb98a']
const hairs = ['2a221e', '3b2519', '5a351f', '7a4a22', '8d8a88', '6e2620', 'c79a5b']
const coats = ['#39405a', '#54303a', '#2b4a45', '#4d4531', '#3d3660', '#2f3a44']

/** An SVG of a head, 400 × 400, and the color of its coat. */
export const drawPerson = (character: CharacterSeed, seed: number): { head: string; coat: string } => {
  const chance = createChance(seed)
  const man = manNames.has(character.name.split(' ')[0] ?? '')
  const head = createAvatar(lorelei, {
    seed: `${character.id} ${seed}`,
    size: 400,
    skinColor: [chance.pick(skins)],
    hairColor: [chance.pick(hairs)],
    hair: man ? shortHair : longHair,
    beardProbability: man ? 30 : 0,
    glassesProbability: 15,
    earringsProbability: man ? 5 : 35,
    frecklesProbability: 10,
    hairAccessoriesProbability: 0,
    eyes,
    eyebrows,
    mouth,
  })
  return { head: head.toString(), coat: chance.pick(coats) }
}
