/** The vocabulary of a genre. */
export interface Genre extends Record<
  'tones' | 'settings' | 'nouns' | 'roles' | 'twists',
  readonly string[]
> {
  readonly name: string
  /** Beginnings of words in the prompt that indicate this genre. */
  readonly signs: readonly string[]
  /** Night, key light, rim light. */
  readonly palette: readonly [string, string, string]
}

const list = (text: string): readonly string[] => text.split('|')

export const genres: readonly Genre[] = [
  {
    name: 'Science fiction',
    signs: list(
      'space|star|planet|robot|android|lunar|moon|mars|orbit|alien|future|cyber|quantum|galax|ship|ai',
    ),
    tones: list('cold and wondering|neon-lit and restless|quiet, vast, paranoid'),
    settings: list('Perihelion Station|the ice mines of Europa|a city under a failing sky|New Lagos, 2191'),
    nouns: list('Signal|Orbit|Horizon|Airlock|Perihelion|Relay|Zero Hour'),
    roles: list(
      'Salvage pilot|Ship’s doctor|Systems archivist|Defected engineer|Colony governor|Signal analyst|Smuggler|Synthetic',
    ),
    twists: list(
      'the dead relay starts to answer|the ship’s log names a crew that has not been born|the oxygen figures turn out to be a lie',
    ),
    palette: ['#070b18', '#1f6f9f', '#4de3ff'],
  },
  {
    name: 'Crime drama',
    signs: list(
      'heist|crime|murder|detective|police|mafia|thie|steal|bank|casino|kill|prison|cop|spy|gang|con',
    ),
    tones: list('slow-burning and rain-soaked|sharp, elegant, merciless|dry, tense and bitterly funny'),
    settings: list(
      'the docks of Varna|a casino that never closes|the ninth precinct|a hotel between two borders',
    ),
    nouns: list('Ledger|Alibi|Vault|Debt|Double Down|Witness|Inside Job'),
    roles: list(
      'Safecracker|Suspended detective|Forger|Night-shift coroner|Crooked notary|Getaway driver|Insider|State prosecutor',
    ),
    twists: list(
      'the one honest partner disappears|a rival empties the vault first|the victim sends a postcard',
    ),
    palette: ['#0e0a0b', '#7a3b22', '#ff9d4d'],
  },
  {
    name: 'Fantasy',
    signs: list(
      'magic|dragon|witch|wizard|king|queen|sword|elf|kingdom|curse|spell|fairy|myth|god|sorcer|throne',
    ),
    tones: list('lush and treacherous|wry, warm, a little frightening|epic, told at a whisper'),
    settings: list(
      'the drowned kingdom of Ys|a library with no doors|the Salt Road|a court that hides from the moon',
    ),
    nouns: list('Crown|Ember|Oath|Thorn|Hollow|Covenant|Lantern'),
    roles: list(
      'Exiled heir|Hedge witch|Oathbreaker knight|Cartographer of dreams|Royal poisoner|Last dragon-keeper|Bard|Gravedigger',
    ),
    twists: list('the old bargain falls due|the crown chooses a thief|the forest begins to walk'),
    palette: ['#0b0a16', '#5b3a8c', '#c79bff'],
  },
  {
    name: 'Supernatural mystery',
    signs: list(
      'ghost|haunt|horror|vampire|dead|storm|fog|lighthouse|island|monster|zombie|secret|strange|night',
    ),
    tones: list('hushed and uncanny|foggy, tender, terrifying|patient dread with a kind heart'),
    settings: list('Gannet Rock|a village the maps leave out|the Sleepwell Hotel|a valley where radios hum'),
    nouns: list('Tide|Hour|Vigil|Echo|Undertow|Stranger|Lamp Room'),
    roles: list(
      'Keeper|Village priest|Radio host|Folklorist|Returned child|Harbour master|Skeptical doctor|Medium',
    ),
    twists: list(
      'something out there says a name back|the same night begins again|the missing come home, unchanged',
    ),
    palette: ['#070f10', '#1f6b63', '#7dffd8'],
  },
  {
    name: 'Comedy',
    signs: list(
      'comed|funny|sitcom|office|friend|wedding|roommate|family|school|bake|chef|cook|cafe|dog|cat|pizza',
    ),
    tones: list('warm, fast and slightly unhinged|deadpan with a big heart|bright, awkward, kind'),
    settings: list(
      'a bakery above a bank|the worst hotel in Leeds|a co-op of nine opinions|Unit 7, Harmony Park',
    ),
    nouns: list('Plan B|Leftovers|Day Shift|House Rules|Second Helping|Small Print'),
    roles: list(
      'Reluctant manager|Ambitious intern|Landlady|Retired magician|Pastry chef|Best friend|Ex-husband|Health inspector',
    ),
    twists: list(
      'the inspector falls in love with the place|the lottery ticket turns out to be real|everyone’s mother moves in',
    ),
    palette: ['#140b12', '#a3344f', '#ffc46b'],
  },
  {
    name: 'Period drama',
    signs: list(
      'war|histor|century|victorian|empire|revolution|1[5-9]\\d\\d|medieval|soldier|duke|opera|painter|pirate|west',
    ),
    tones: list('candlelit and ruthless|restrained, with knives underneath|grand, tired, romantic'),
    settings: list(
      'Trieste, 1913|an opera house at the end of an empire|a steamer bound upriver|Ashdown Hall',
    ),
    nouns: list('Inheritance|Summer|Telegram|Season|Regiment|Portrait|Farewell'),
    roles: list(
      'Disinherited daughter|Court painter|Field surgeon|Telegraph clerk|Ambassador|Soprano|Deserter|Housekeeper',
    ),
    twists: list(
      'a letter arrives eleven years late|the wrong heir is toasted|the border moves in the night',
    ),
    palette: ['#100c08', '#7d5a25', '#ffd9a0'],
  },
]
