// cspell:disable
// Tokens that are known by their shape alone: each in a sentence, a line or a field whose name says nothing.
import {
  base32,
  base62,
  base64,
  base64url,
  character,
  code,
  digit,
  type Entry,
  group,
  hex,
  letters,
  lines,
  loggedMessage,
  loggedStage,
  lowers,
  message,
  metadata,
  metadataKey,
  row,
  secret,
  stage,
  title,
  uppers,
  uuid,
} from './entry.ts'

const openAi = (type: string) => secret('sk', type, base64url(74), 'T3Blb', 'kFJ', base64url(74))
const anthropic = (type: string) => secret('sk-', 'ant-', type, base64url(93), 'AA')
const replicate = secret('r8', '_', base62(37))
const falKey = secret(uuid, ':', hex(32))
const huggingFace = secret('hf', '_', letters(34))
const googleKey = secret('AI', 'za', base64url(35))
const elevenLabs = secret('sk', '_', hex(48))

const base64urlOf = (value: object) =>
  btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const jwtHead = base64urlOf({ alg: 'HS256', typ: 'JWT' })
const jwtBody = (subject: string) =>
  secret(base64urlOf({ sub: subject, iat: 1_764_500_000, exp: 1_764_503_600 }), '.', base64url(43))

const begin = (what: string) => ['-----', 'BEGIN ', what, '-----'].join('')
const end = (what: string) => ['-----', 'END ', what, '-----'].join('')
const pkcs8 = ['PRIVATE', 'KEY'].join(' ')
const rsa = `RSA ${pkcs8}`
const ec = `EC ${pkcs8}`
const encrypted = `ENCRYPTED ${pkcs8}`
const openSsh = `OPENSSH ${pkcs8}`
const pgp = `PGP ${pkcs8} BLOCK`

export const plantedTokens: readonly Entry[] = [
  ...group('OpenAI', 'OpenAI API reference: Authentication; Project API keys', [
    message`Incorrect API key provided: ${secret('sk', '-', base62(20), 'T3Blb', 'kFJ', base62(20))}. You can find your API key in your account.`,
    message`401 from api.openai.com with ${openAi('-proj-')}`,
    stage`retrying with ${openAi('-svcacct-')}`,
    metadata('note')`${openAi('-admin-')}`,
    message`(${openAi('-proj-')}) was rejected`,
    message`rejected?${openAi('-proj-')}`,
    code`invalid_api_key:${secret('sk', '-proj-', base62(48))}`,
    title`${openAi('-proj-')}`,
  ]),
  ...group('Anthropic', 'Anthropic Console: API keys; Admin API', [
    message`invalid x-api-key ${anthropic('api03-')}`,
    stage`rotating ${anthropic('admin01-')} next`,
    metadata('history', 'last')`used ${anthropic('oat01-')}`,
    message`step#1:${anthropic('api03-')}`,
  ]),
  ...group(
    'key of an sk- provider',
    'OpenRouter, DeepSeek, Moonshot, DashScope, Stability AI, Langfuse: API keys',
    [
      message`No auth credentials found for ${secret('sk-', 'or-v1-', hex(64))}`,
      stage`OpenRouter (${secret('sk-', 'or-v1-', hex(64))})`,
      message`Authentication Fails, Your api key: ${secret('sk', '-', hex(32))} is invalid`,
      message`Incorrect API key provided ${secret('sk', '-', base62(48))}, moonshot-v1-8k was not called`,
      metadata('dashscope')`${secret('sk', '-', hex(32))}`,
      message`stability answered 401 to ${secret('sk', '-', base62(48))}`,
      stage`tracing as ${secret('sk-', 'lf-', uuid)}`,
      message`密钥无效:${secret('sk', '-', base62(48))},请检查`,
    ],
  ),
  ...group('Replicate', 'Replicate HTTP API: Authentication', [
    message`Unauthenticated: ${replicate} is not a valid token`,
    stage`polling as ${replicate}`,
    metadata('provider', 'replicate')`${replicate}`,
    message`["${replicate}"]`,
    metadata('labels', '0')`${replicate}`,
  ]),
  ...group('fal', 'fal documentation: Key-based authentication', [
    message`Cannot access application: ${falKey}`,
    stage`fal (${falKey}) is busy`,
    metadata('fal')`${falKey}`,
    message`FAL_KEY=${falKey}`,
  ]),
  ...group('ElevenLabs', 'ElevenLabs documentation: API authentication', [
    message`invalid_api_key: ${elevenLabs}`,
    stage`voice over with ${elevenLabs}`,
    metadata('voice', 'account')`${elevenLabs}`,
  ]),
  ...group('Hugging Face', 'Hugging Face Hub: User access tokens', [
    message`Repository not found with ${huggingFace}`,
    stage`hf login ${huggingFace}`,
    metadata('hub')`${secret('api_', 'org_', letters(34))}`,
    message`🤗 ${huggingFace} 🤗`,
  ]),
  ...group('Google', 'Google Cloud: API keys; OAuth 2.0 client secrets and tokens', [
    message`API key not valid. ${googleKey}`,
    message`API_KEY_INVALID "${googleKey}"`,
    metadata('maps')`${googleKey}`,
    message`client ${digit(12)}-${lowers(32)}.apps.googleusercontent.com with ${secret('GOC', 'SPX-', base64url(28))}`,
    message`expired: ${secret('ya', '29.a0', base64url(180))}`,
    stage`refreshing ${secret('1/', '/0', base64url(60))}`,
  ]),
  ...group(
    'model provider',
    'Groq, xAI, Perplexity, Fireworks, Together, Cerebras, NVIDIA, Cartesia: API keys',
    [
      message`Invalid API Key ${secret('gs', 'k_', base62(52))}`,
      message`Incorrect API key provided: ${secret('xa', 'i-', base62(80))}`,
      stage`asking pplx with ${secret('pp', 'lx-', base62(48))}`,
      metadata('account')`${secret('fw', '_', base62(24))}`,
      message`together.ai refused ${secret('tg', 'p_v1_', base64url(43))}`,
      message`cerebras: ${secret('cs', 'k-', lowers(48))}`,
      stage`NIM ${secret('nv', 'api-', base64url(64))}`,
      metadata('speech')`${secret('sk_', 'car_', base62(22))}`,
    ],
  ),
  ...group('video provider', 'Runway API: setup; Luma API: Authentication; Tripo: API keys', [
    message`Runway answered 401 for ${secret('ke', 'y_', hex(128))}`,
    metadata('runway')`${secret('ke', 'y_', hex(128))}`,
    message`Not authenticated: ${secret('lu', 'ma-', uuid, '-', uuid)}`,
    stage`model upload with ${secret('ts', 'k_', base64url(43))}`,
  ]),
  ...group('search and vectors', 'Pinecone, LangSmith, Voyage, Jina, Tavily, Firecrawl: API keys', [
    message`Malformed API key ${secret('pc', 'sk_', base62(5), '_', base62(63))}`,
    stage`tracing ${secret('lsv2', '_pt_', hex(32), '_', hex(10))}`,
    message`voyage rejected ${secret('pa', '-', base64url(43))}`,
    metadata('reader')`${secret('ji', 'na_', hex(32), base64url(28))}`,
    message`search failed: ${secret('tv', 'ly-', 'dev-', base62(32))}`,
    message`crawl failed: ${secret('fc', '-', hex(32))}`,
  ]),
  ...group('GitHub', 'GitHub documentation: About authentication to GitHub, token formats', [
    message`Bad credentials: ${secret('gh', 'p_', base62(36))}`,
    stage`cloning with ${secret('gh', 's_', base62(36))}`,
    message`oauth ${secret('gh', 'o_', base62(36))} was revoked`,
    metadata('app', 'user')`${secret('gh', 'u_', base62(36))}`,
    metadata('app', 'next')`${secret('gh', 'r_', base62(76))}`,
    message`remote: ${secret('github', '_pat_', base62(22), '_', base62(59))} lacks the scope repo`,
    character`${secret('gh', 'p_', base62(36))}`,
  ]),
  ...group('GitLab', 'GitLab documentation: Token overview, token prefixes', [
    message`insufficient_scope ${secret('gl', 'pat-', base64url(20))}`,
    message`expired ${secret('gl', 'pat-', base64url(27), '.01.', lowers(9))}`,
    stage`deploying as ${secret('gl', 'dt-', base64url(20))}`,
    metadata('runner')`${secret('gl', 'rt-', base64url(20))}`,
    message`trigger ${secret('gl', 'ptt-', hex(40))}`,
  ]),
  ...group('AWS', 'AWS IAM: Unique identifiers, access keys; Amazon Bedrock: API keys', [
    message`InvalidAccessKeyId: ${secret('AK', 'IA', base32(16))} does not exist`,
    message`aws_access_key_id = ${secret('AK', 'IA', base32(16))}\naws_secret_access_key = ${secret(base64(40))}`,
    stage`assumed ${secret('AS', 'IA', base32(16))}`,
    message`{"AccessKeyId":"${secret('AS', 'IA', base32(16))}","SecretAccessKey":"${secret(base64(40))}","SessionToken":"${secret('IQoJb3JpZ2luX2Vj', base64(300), '==')}"}`,
    metadata('bedrock')`${secret('AB', 'SK', base64(128), '==')}`,
    metadata('aws', 'secretAccessKey')`${secret(base64(40))}`,
    message`export AWS_SESSION_TOKEN="${secret('FwoGZXIvYXdzE', base64(200))}"`,
  ]),
  ...group('Azure', 'Microsoft Entra: Client secrets; Azure DevOps: Personal access tokens', [
    message`AADSTS7000215: Invalid client secret ${secret(base62(3), '8', 'Q~', base64url(34))}`,
    metadata('tenant', 'app')`${secret(base62(3), '7', 'Q~', base64url(34))}`,
    message`AZURE_OPENAI_API_KEY=${secret(hex(32))}`,
    message`Ocp-Apim-Subscription-Key: ${secret(hex(32))}`,
  ]),
  ...group('Stripe', 'Stripe documentation: API keys; Webhook signatures', [
    message`Invalid API Key provided: ${secret('sk', '_live_', base62(99))}`,
    message`No such customer (${secret('sk', '_test_', base62(24))})`,
    stage`charging with ${secret('rk', '_live_', base62(40))}`,
    metadata('endpoint')`${secret('wh', 'sec_', base62(32))}`,
  ]),
  ...group('Slack', 'Slack developer documentation: Tokens; Incoming webhooks', [
    message`invalid_auth ${secret('xo', 'xb-', digit(12), '-', digit(13), '-', base62(24))}`,
    message`user ${secret('xo', 'xp-', digit(12), '-', digit(12), '-', digit(13), '-', hex(32))}`,
    stage`socket ${secret('xa', 'pp-1-A', uppers(10), '-', digit(13), '-', hex(64))}`,
    metadata('refresh')`${secret('xo', 'xe-1-', uppers(146))}`,
    message`posting to https://hooks.slack.com/services/T${uppers(8)}/B${uppers(10)}/${secret(base62(24))} failed`,
  ]),
  ...group(
    'chat',
    'Discord: Authentication and webhooks; Telegram Bot API; Microsoft Teams: Incoming webhooks',
    [
      message`discord gateway closed: ${secret('MT', base62(24), '.G', base62(5), '.', base64url(38))}`,
      stage`https://discord.com/api/webhooks/${digit(19)}/${secret(base64url(68))}`,
      message`404 from https://api.telegram.org/bot${secret(digit(10), ':AA', base64url(33))}/sendMessage`,
      metadata('telegram')`${secret(digit(10), ':AA', base64url(33))}`,
    ],
  ),
  ...group('mail and phone', 'Twilio, SendGrid, Mailgun, Mailchimp, Resend, Brevo: API keys', [
    message`curl -u AC${hex(32)}:${secret(hex(32))} https://api.twilio.com/2010-04-01/Accounts.json`,
    message`TWILIO_AUTH_TOKEN=${secret(hex(32))}`,
    message`twilio key ${secret('S', 'K', hex(32))} was deleted`,
    message`The provided authorization grant is invalid: ${secret('S', 'G.', base64url(22), '.', base64url(43))}`,
    metadata('sender')`${secret('S', 'G.', base64url(22), '.', base64url(43))}`,
    message`mailgun 401 ${secret('ke', 'y-', hex(32))}`,
    stage`list sync ${secret(hex(32), '-us', '21')}`,
    message`resend: ${secret('re', '_', base62(8), '_', base62(24))} is restricted`,
    metadata('campaign')`${secret('xkey', 'sib-', hex(64), '-', base62(16))}`,
  ]),
  ...group(
    'package registry',
    'npm: About access tokens; PyPI: API tokens; RubyGems and Docker: Access tokens',
    [
      message`npm error code E401 ${secret('np', 'm_', base62(36))}`,
      message`//registry.npmjs.org/:_authToken=${secret('np', 'm_', base62(36))}`,
      message`Invalid or non-existent authentication: ${secret('py', 'pi-', 'AgEIcHlwaS5vcmc', base64url(150))}`,
      stage`push with ${secret('ruby', 'gems_', hex(48))}`,
      metadata('image', 'login')`${secret('dckr', '_pat_', base64url(27))}`,
    ],
  ),
  ...group(
    'hosting',
    'Cloudflare: Token formats; DigitalOcean, Netlify, Vercel, Fly.io, Heroku, Render, Tailscale: Tokens',
    [
      message`Authentication error 10000 ${secret('cf', 'ut_', base62(40), hex(8))}`,
      stage`purging with ${secret('cf', 'at_', base62(40), hex(8))}`,
      metadata('cdn')`${secret('cf', 'k_', base62(40), hex(8))}`,
      message`CLOUDFLARE_API_TOKEN=${secret(base64url(40))}`,
      message`Unable to authenticate you: ${secret('do', 'p_v1_', hex(64))}`,
      metadata('droplet')`${secret('do', 'o_v1_', hex(64))}`,
      message`netlify ${secret('nf', 'p_', base62(36))}`,
      message`VERCEL_TOKEN=${secret(base62(24))}`,
      stage`AI gateway ${secret('vc', 'k_', base62(56))}`,
      message`${secret('fm', '2_', base64(120), '==')} is expired`,
      message`heroku: ${secret('HR', 'KU-AA', base64url(58))}`,
      metadata('service')`${secret('rn', 'd_', base62(28))}`,
      stage`joining with ${secret('ts', 'key-auth-', base62(17), '-', base62(32))}`,
    ],
  ),
  ...group('database host', 'Supabase: API keys; Neon, PlanetScale, Databricks: Tokens', [
    message`Invalid API key ${secret('sb', '_secret_', base64url(31))}`,
    stage`migrating with ${secret('sb', 'p_', hex(40))}`,
    metadata('branch')`${secret('na', 'pi_', lowers(64))}`,
    message`access denied: ${secret('psca', 'le_tkn_', base64url(43))}`,
    message`${secret('psca', 'le_pw_', base64url(43))} was deleted`,
    message`Invalid access token. ${secret('da', 'pi', hex(32))}`,
    metadata('workspace')`${secret('da', 'pi', hex(32), '-2')}`,
  ]),
  ...group('vault', 'HashiCorp Vault and Terraform, Doppler, Pulumi, 1Password: Tokens', [
    message`permission denied for ${secret('hv', 's.', base64url(95))}`,
    stage`apply with ${secret(base62(14), '.atlas', 'v1.', base64url(67))}`,
    metadata('config')`${secret('dp', '.pt.', base62(43))}`,
    message`pulumi ${secret('pu', 'l-', hex(40))}`,
    message`op read failed: ${secret('op', 's_ey', 'J', base64(260), '=')}`,
  ]),
  ...group('observability', 'Sentry: Auth tokens, DSN; Grafana: Service accounts; New Relic; PostHog', [
    message`Invalid org token ${secret('sn', 'trys_', 'eyJpYXQiO', base64(90), '_', base64(43))}`,
    stage`upload as ${secret('sn', 'tryu_', hex(64))}`,
    message`DSN https://${hex(32)}:${secret(hex(32))}@o450000.ingest.sentry.io/4500001`,
    metadata('panel')`${secret('gl', 'sa_', base62(32), '_', hex(8))}`,
    message`loki push ${secret('gl', 'c_', base64(140), '=')}`,
    message`newrelic ${secret('NR', 'AK-', uppers(27))}`,
    metadata('analytics')`${secret('ph', 'x_', base62(43))}`,
    message`DD_API_KEY=${secret(hex(32))}`,
  ]),
  ...group(
    'work tools',
    'Linear, Notion, Figma, Airtable, Shopify, Square, Mapbox, Postman, Atlassian, Dropbox, Meta: Tokens',
    [
      message`linear: ${secret('lin', '_api_', base62(40))}`,
      message`API token is invalid. ${secret('nt', 'n_', digit(11), base62(35))}`,
      stage`exporting frames with ${secret('fi', 'gd_', base64url(40))}`,
      metadata('base')`${secret('pa', 't', base62(14), '.', hex(64))}`,
      metadata('shop')`${secret('sh', 'pat_', hex(32))}`,
      message`square ${secret('sq', '0csp-', base64url(43))}`,
      metadata('tiles')`${secret('s', 'k.ey', 'J1Ijo', base62(56), '.', base64url(22))}`,
      message`postman ${secret('PM', 'AK-', hex(24), '-', hex(34))}`,
      message`jira ${secret('AT', 'ATT3x', base64url(180), '=', hex(8))}`,
      stage`sharing ${secret('s', 'l.', base64url(135))}`,
      message`graph error 190 for ${secret('EA', 'AC', base62(160))}`,
    ],
  ),
  ...group('JSON web token', 'RFC 7519: JSON Web Token', [
    message`jwt expired: ${jwtHead}.${jwtBody('ada')}`,
    stage`session ${jwtHead}.${jwtBody('bo')} renewed`,
    metadata('viewer')`${jwtHead}.${jwtBody('cy')}`,
    message`{"sub":"x","jws":"${jwtHead}.${jwtBody('dee')}"}`,
    message`supabase anon:${jwtHead}.${jwtBody('anon')}`,
    code`${jwtHead}.${jwtBody('eve')}`,
    loggedStage`socket opened with ${jwtHead}.${jwtBody('log')}`,
  ]),
  ...group('private key', 'RFC 7468: Textual encodings; OpenSSH key format; RFC 9580: OpenPGP; PuTTY; age', [
    message`cannot parse\n${begin(rsa)}\n${secret(lines(12))}${end(rsa)}\n`,
    message`key:\n${begin(pkcs8)}\n${secret(lines(6))}${end(pkcs8)}`,
    metadata('deploy')`${begin(openSsh)}\n${secret(lines(5))}${end(openSsh)}`,
    message`${begin(ec)}\n${secret(lines(3))}${end(ec)}`,
    message`${begin(encrypted)}\n${secret(lines(8))}${end(encrypted)}`,
    message`gpg: ${begin(pgp)}\nVersion: 1\n\n${secret(lines(10))}=${base64(4)}\n${end(pgp)}`,
    metadata('signing')`${begin(pgp)}\n\n${secret(lines(4))}=${base64(4)}\n${end(pgp)}`,
    message`{"type":"service_account","private_key":"${begin(pkcs8)}\\n${secret(lines(12, '\\n'))}${end(pkcs8)}\\n","client_email":"a@b.iam.gserviceaccount.com"}`,
    stage`${begin(rsa)} ${secret(lines(3, ' '))}${end(rsa)}`,
    message`upload stopped at ${begin(pkcs8)}\n${secret(lines(7))}`,
    message`PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 2\n${secret(lines(2))}Private-MAC: ${secret(hex(64))}`,
    metadata('backup')`${secret('AGE-', 'SECRET-KEY-1', uppers(58))}`,
    loggedMessage`${begin(rsa)}\n${secret(lines(5))}${end(rsa)}`,
  ]),
  ...group('password hash', 'Apache HTTP Server: htpasswd password formats; crypt(5)', [
    message`line 1 of .htpasswd: ada:${secret('$apr1', '$', base62(8), '$', base62(22))}`,
    message`bo:${secret('$2y', '$10$', base62(53))}`,
    stage`cy:${secret('{SHA}', base64(27), '=')}`,
    message`root:${secret('$6', '$', base62(16), '$', base62(86))}:19000:0:99999:7:::`,
    metadata('login')`${secret('$argon2id', '$v=19$m=65536,t=3,p=4$', base64(22), '$', base64(43))}`,
  ]),
  ...group('several at once', 'The pages of the formats in each text', [
    message`tried ${openAi('-proj-')}, then ${anthropic('api03-')}, then ${replicate}`,
    message`${googleKey}|${huggingFace}|${secret('gh', 'p_', base62(36))}`,
    metadata('keys', 'all')`${elevenLabs}\n${falKey}\n${secret('gs', 'k_', base62(52))}`,
    message`{"a":"${replicate}","b":"${secret('xo', 'xb-', digit(12), '-', digit(12), '-', base62(24))}"}`,
  ]),
  ...group('key of metadata', 'The pages of the formats in each name', [
    metadataKey`${replicate}`,
    metadataKey`by ${openAi('-proj-')}`,
    metadataKey`${secret('gh', 'p_', base62(36))}`,
    metadataKey`user:${jwtHead}.${jwtBody('key')}`,
  ]),
  ...group('very long', 'RFC 7519; Google: OAuth 2.0 tokens', [
    message`${jwtHead}.${secret(base64url(1400), '.', base64url(342))} is too long for a header`,
    message`Bearer ${secret('ya', '29.', base64url(1900))}`,
    metadata('blob')`${row('x'.repeat(1500), ' ')}${openAi('-proj-')}`,
  ]),
]
