import path from 'node:path'
import { build, type Rollup } from 'vite'
import { fromSource } from '../../tools/browser.ts'

/** A script of this folder, with all that it imports, as one file for a page. */
export async function bundlePage(file: string): Promise<string> {
  const built = await build({
    ...fromSource,
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      lib: { entry: path.join(import.meta.dirname, file), formats: ['es'], fileName: 'page' },
    },
  })
  return ([built].flat()[0] as Rollup.RollupOutput).output[0].code
}
