// cspell:disable
// The start of a word, or what follows an escaped sign such as `%20`.
const start = '(?<!(?<![%\\\\]\\w?)[\\w-])'

// How keys begin that applications of AI hold most. From the documentation of OpenAI (and of those whose keys are like it),
// Stripe, ElevenLabs, Replicate, Google, AWS, Hugging Face, GitHub, Slack, Cerebras, Runway and Mailgun, Luma, LangSmith,
// Firecrawl, Supabase, Neon, Render, Fireworks, HashiCorp, Doppler, Dropbox, New Relic, Square, Atlassian and 1Password.
// The maintained list, of gitleaks, is an entry of its own: ../secret-shapes.ts.
const prefixes =
  '[rs]k[-_]|r8_|AIza|A[KS]IA|hf_|gh\\w_|github_pat_|xox\\w-|csk-|key[-_](?=[\\da-f]{32})|luma-[\\da-f]{8}-|lsv2_|fc-(?=[\\da-f]{32})|sbp_|napi_|rnd_|fw_|ya29[.]|hvs[.]|dp[.]\\w+[.]|sl[.]|GOCSPX-|NRAK-|sq0csp-|ATATT|ops_'

// Keys of a form of their own: GitLab; JSON web tokens; fal; Discord; Telegram; Entra; Twilio; Databricks; Mailchimp;
// Google's refresh tokens; addresses of webhooks of Slack and Discord.
const forms =
  'gl(pat|[dr]t)-[\\w-]{20,}|eyJ[\\w-]+[.][\\w.-]{20,}|[\\da-f-]{36}:[\\da-f]{16,}|[MNO][\\w-]{23,27}[.][\\w-]{6}[.][\\w-]{27,}|(bot)?\\d{8,10}:[\\w-]{35}|\\w{3}\\dQ~[\\w.~-]{31,}|SK[\\da-f]{32}|dapi[\\da-f-]{32,}|[\\da-f]{32}-us\\d+|1//0[\\w-]{20,}|hooks[.]slack[.]com/\\w+/\\w+/\\w+/\\w+|webhooks/\\d+/[\\w-]{32,}'

// A short word and a run of 31 signs or more that mixes digits, small and capital letters: most keys that are younger than
// the rules.
const mixed =
  '[a-z]{2,8}[-_](?=[\\w-]*?[^\\W_]{14})(?=[\\w-]*?\\d)(?=[\\w-]*?[a-z])(?=[\\w-]*?[A-Z])[\\w-]{31,}'

/** Secrets that are known by how they look, wherever they stand. Password hashes: crypt(5), htpasswd. Private keys: RFC 7468, PuTTY. */
export const secretShape = new RegExp(
  `${start}(?:(?:(?:${prefixes})[\\w+/-]*?(?:\\d[^\\W_]{9}|[^\\W_]{16})|${mixed})(?:[.+/~=]*[\\w-])*=*|${forms})|\\$[\\da-z]{1,8}\\$[\\w./$,=+-]{20,}|PRIVATE KEY( BLOCK)?-[^]*|Private-Lines:[^]*`,
  'g',
)
