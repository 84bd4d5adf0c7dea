const list = (text: string): readonly string[] => text.split('|')

export const firstNames = list(
  'Mara|Idris|Lena|Tomás|Ayo|Ingrid|Rafael|Noor|Silas|Yuki|Odette|Kofi|Petra|Elias|Zadie|Bastien|Imani|Viktor|Saoirse|Ravi|Helena|Dario|Wren|Amara|Jonah|Linnea|Cassius|Mei|Otto|Farah|Lucian|Beatriz',
)
/** For these, short hair and perhaps a beard. */
export const manNames: ReadonlySet<string> = new Set(
  list('Idris|Tomás|Rafael|Silas|Kofi|Elias|Bastien|Viktor|Ravi|Dario|Jonah|Cassius|Otto|Lucian'),
)
export const lastNames = list(
  'Vale|Okafor|Lindqvist|Marchetti|Sato|Brandt|Quill|Haddad|Moreau|Ashby|Novak|Adeyemi|Castellan|Rowe|Ibarra|Thorne|Kaplan|Osei|Winter|Duarte|Halloran|Petrov|Sterling|Nakamura|Bell|Varga|Laurent|Crane',
)

/** `{place}` and `{matter}` are filled from the show. */
export const hooks = list(
  'Knows the truth about the {matter}, and sells it by the hour|Came to {place} to disappear, and is bad at it|Has kept one promise in a lifetime, to the wrong person|Would burn {place} down to be forgiven|Has been declared dead twice and is enjoying it|Never lies, which is the most dangerous habit in {place}|Owes everyone, and smiles at each of them|Remembers the {matter} the way it really was|Is paid to look away, and has started to look|Left once, came back richer, will not say why|Protects a stranger for reasons unknown even to friends|Believes the {matter} is a test, and intends to pass|Is the only one who can leave {place}, and stays|Writes everything down, in an unreadable hand|Wants out after one last job, for the fourth time|Is in love with the one person who should hang for this',
)

export const traits = list(
  'Patient|Reckless|Dry-witted|Loyal past reason|Vain|Observant|Superstitious|Soft-spoken|Stubborn|Charming|Guarded|Tender|Calculating|Sleepless|Honest|Proud|Impulsive|Meticulous|Haunted|Generous',
)
export const origins = list(
  'grew up above a shuttered cinema|was raised by an aunt who read other people’s letters|left home at fifteen with a borrowed name|was the youngest ever to hold the post|spent nine years pretending to be a stranger’s brother-in-law|learned the trade from a man who later betrayed it|came from money and told no one|was born on the night the lights went out',
)
export const wounds = list(
  'A fire took the only photograph that mattered.|One signature, given in a hurry, cost a friend everything.|The apology was written and never sent.|Since the trial, every door has been locked twice.|The medal is real; the story behind it is not.|There was a sister. In {place} her name is never said.|A wrong turn, one winter, decided the rest.|What happened on the bridge has two versions, both false.',
)
export const wants = list(
  'To be believed, once, by someone who matters|To find out who sent the first letter|To buy back the house, stone by stone|To finish what the {matter} began|To hear the whole story before it is too late|To leave {place} without looking over a shoulder|To be chosen|To set the record straight, whatever it costs',
)
export const fears = list(
  'That the others already know|Being ordinary|The sea at night|Becoming exactly like the one who left|That it was never an accident|A quiet room and an honest question|Being forgiven too easily|That the {matter} was right all along',
)
export const quotes = list(
  'I didn’t come here to be liked. I came here to be early.|Everybody has a price. Mine is just spelled differently.|You can’t haunt a place you never left.|If we live, I’m going to be so angry with you.|I’ve buried better plans than this one.|Ask me again when the lights are off.|The truth is patient. I’m not.|There are two ways out of {place}, and I sold one.|I only lie to people I like.|It isn’t over. It’s just stopped being quiet.',
)

export const episodeTitles = list(
  'The First Knock|What the Water Kept|A Good Liar|Nine Minutes|The Empty Chair|Borrowed Light|Someone Else’s Key|The Long Way Down|Small Mercies|A Toast to the Missing|No Witnesses|The Other Door|Everything You Own|Weather Permitting|Last Call',
)
export const synopses = list(
  'An unplanned arrival puts the {matter} in plain sight.|An old debt is called in at {place}, with witnesses.|Two enemies share a night, a secret and one coat.|A confession clears the wrong name.|The plan works. That is the problem.|A neighbor in {place} has been listening all along.|The past arrives on time and asks for a room.|A choice about the {matter} splits the family of strangers.|Everything hidden comes up at dinner.|The door opens from the other side.',
)
