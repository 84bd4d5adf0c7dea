// `npm start` and `npm test` on a machine that has only Node and npm.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findChromium } from './chromium.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const pin = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).packageManager.split('+')[0]
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.version} is too old: 20.19 or newer is needed.`)
  process.exit(1)
}

const windows = process.platform === 'win32'
const seen = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8', shell: windows })
const pnpm =
  seen.status === 0 && `pnpm@${seen.stdout.trim()}` === pin
    ? ['pnpm']
    : ['npx', '-y', '--loglevel=error', pin]

function step(args, env = {}) {
  const started = Date.now()
  console.log(`\n> pnpm ${args.join(' ')}`)
  const run = spawnSync(pnpm[0], [...pnpm.slice(1), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, pnpm_config_verify_deps_before_run: 'false', ...env },
    shell: windows,
  })
  if (run.status !== 0) {
    throw Object.assign(new Error(`pnpm ${args.join(' ')} ended with ${run.status ?? run.signal}`), {
      exit: run.status ?? 1,
    })
  }
  console.log(`(${((Date.now() - started) / 1000).toFixed(1)} s)`)
}

const [what, ...rest] = process.argv.slice(2)
try {
  step(['install', '--frozen-lockfile', '--prefer-offline'])
  if (what === 'start') {
    step(['run', 'build'])
    step(['--filter', 'studio', 'run', 'build'])
    step(['--filter', 'studio', 'run', 'start', ...rest])
  } else {
    const chromium = await findChromium(root)
    // The lint rules that know types read the packages' declarations.
    step(['run', 'build'])
    step(['run', 'lint'])
    step(['run', 'typecheck'])
    step(['--filter', 'studio', 'run', 'build'])
    step(['run', 'check:pack'])
    step(['run', 'size'])
    step(['exec', 'vitest', 'run', ...rest], chromium)
  }
} catch (error) {
  console.error(String(error.message ?? error))
  process.exitCode = error.exit ?? 1
}
