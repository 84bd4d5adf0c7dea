// `pnpm run runtimes [bun deno workerd node]`: plays test/runtimes/scenario.ts with the packed packages in each runtime.
// The runtimes come from npm into a temporary folder, at the versions that are pinned here.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'

const pins = { bun: '1.4.5', deno: '2.9.6', workerd: '1.20261117.1' }
const patience = 60_000

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(path.join(os.tmpdir(), 'callsheet-runtimes-'))
const bin = (name) => path.join(folder, 'node_modules', '.bin', name)
const windows = process.platform === 'win32'

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    shell: windows,
  })
  if (status === 0) return stdout.trim()
  throw new Error(`${command} ${args.join(' ')} ended with ${status ?? error}: ${stderr || stdout}`)
}

/** The folder with the installed packages. */
function installPackages() {
  for (const name of ['core', 'http-adapter']) {
    run('pnpm', ['pack', '--pack-destination', folder], path.join(root, 'packages', name))
  }
  const packed = readdirSync(folder).filter((file) => file.endsWith('.tgz'))
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  install(...packed.map((file) => `./${file}`))
}

const install = (...what) =>
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...what], folder)

/** One file of a source; what `external` matches stays an import. */
const bundle = (base, entry, fileName, { external, ssr = false }) =>
  build({
    root: base,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, resolve: { conditions: ['@callsheet/source'] } },
    build: {
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      target: 'es2022',
      ssr: ssr && entry,
      ...(!ssr && { lib: { entry, formats: ['es'] } }),
      rollupOptions: { external, output: { entryFileNames: fileName } },
    },
  })

const program = `import { playScenario } from './scenario.mjs'
const plan = JSON.parse(globalThis.process.argv.at(-1))
console.log('outcome ' + JSON.stringify(await playScenario(plan)))
`

/** Runs a program that is given the plan and prints the outcome. */
function play(command, args, plan) {
  const child = spawn(command, [...args, JSON.stringify(plan)], { cwd: folder, timeout: patience })
  let [said, complaints] = ['', '']
  child.stdout.on('data', (data) => (said += data))
  child.stderr.on('data', (data) => (complaints += data))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const [, outcome] = /^outcome (.+)$/m.exec(said) ?? []
      if (code === 0 && outcome) resolve(JSON.parse(outcome))
      else reject(new Error(`it ended with ${code ?? signal}: ${said}${complaints}`))
    })
  })
}

const worker = `import { playScenario } from './scenario.mjs'
export default {
  async fetch(request) {
    try {
      return Response.json(await playScenario(await request.json()))
    } catch (error) {
      return new Response(String(error.stack), { status: 500 })
    }
  },
}
`

/** No flag for Node's modules: there is nothing in a worker but what the web has. */
const workerConfig = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
      compatibilityDate = "2026-11-01",
      globalOutbound = "here",
    )),
    (name = "here", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`

async function playInWorkerd(plan) {
  writeFileSync(path.join(folder, 'worker-entry.mjs'), worker)
  writeFileSync(path.join(folder, 'config.capnp'), workerConfig)
  await bundle(folder, path.join(folder, 'worker-entry.mjs'), 'worker.mjs', { external: [] })
  const child = spawn(workerdPath(), ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', (data) => (complaints += data))
  const ended = new Promise((_resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => reject(new Error(`workerd ended with ${code}: ${complaints}`)))
  })
  try {
    const port = await Promise.race([listening(child.stdio[3]), ended])
    const asked = fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      body: JSON.stringify(plan),
      signal: AbortSignal.timeout(patience),
    })
    const response = await Promise.race([asked, ended])
    const text = await response.text()
    if (!response.ok) throw new Error(`${text}\n${complaints}`)
    return JSON.parse(text)
  } finally {
    child.kill()
    await ended.catch(() => {})
  }
}

/** The program itself: what stands in .bin may not pass on the pipe that says the port. */
const workerdPath = () => createRequire(path.join(folder, 'x.cjs'))('workerd').default

const listening = (pipe) =>
  new Promise((resolve) => {
    createInterface(pipe).on('line', (line) => {
      const { event, port } = JSON.parse(line)
      if (event === 'listen') resolve(port)
    })
  })

const runtimes = {
  node: {
    version: () => process.versions.node,
    play: (plan) => play(process.execPath, ['program.mjs'], plan),
  },
  bun: {
    version: () => run(bin('bun'), ['--version']),
    play: (plan) => play(bin('bun'), ['run', 'program.mjs'], plan),
  },
  deno: {
    version: () => run(bin('deno'), ['--version']).split(/\s/)[1],
    play: (plan) =>
      play(bin('deno'), ['run', '--node-modules-dir=manual', '--allow-net=127.0.0.1', 'program.mjs'], plan),
  },
  workerd: {
    version: () => run(workerdPath(), ['--version']).split(/\s/)[1],
    play: playInWorkerd,
  },
}

const asked = process.argv.slice(2).filter((word) => word !== '--')
const names = asked.length > 0 ? asked : Object.keys(runtimes)
const unknown = names.filter((name) => !(name in runtimes))
if (unknown.length > 0) {
  console.error(`Unknown runtime "${unknown[0]}". Known runtimes: ${Object.keys(runtimes).join(', ')}.`)
  process.exit(2)
}

const lines = []
try {
  mkdirSync(folder, { recursive: true })
  installPackages()
  const here = path.join(root, 'test', 'runtimes')
  await bundle(here, path.join(here, 'scenario.ts'), 'scenario.mjs', { external: [/^@callsheet\//] })
  await bundle(here, path.join(here, 'servers.ts'), 'servers.mjs', { external: [/^node:/], ssr: true })
  writeFileSync(path.join(folder, 'program.mjs'), program)
  const { startServers } = await import(pathToFileURL(path.join(folder, 'servers.mjs')).href)
  for (const name of names) {
    const { version, play } = runtimes[name]
    let line = name
    try {
      if (pins[name]) install(`${name}@${pins[name]}`)
      line += ` ${version()}`
      const servers = await startServers()
      try {
        await servers.verify(await play(servers.plan))
      } finally {
        await servers.close()
      }
      lines.push(`${line}: passed`)
    } catch (error) {
      console.error(`\n${line}: ${error.message}\n`)
      lines.push(`${line}: FAILED`)
      process.exitCode = 1
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(lines.join('\n'))
