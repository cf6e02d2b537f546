import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const PROGRAMS = fileURLToPath(new URL('./programs/', import.meta.url))
const PARTS = ['lib', 'plugins', 'example-app']
const KEPT = fileURLToPath(new URL('../../.tap/', import.meta.url))

/** What a storm's processes run. */
export interface Compiled {
  /** A folder of the storm's own. */
  readonly folder: string
  /** In it, the compiled product. */
  readonly build: string
}

/**
 * The storm's programs as JavaScript, in a folder of their own below the package, so that its dependencies are found. A process that has to
 * load a loader first takes twice as long to start, and a storm starts hundreds. Beside them the compiled product, as it is now: somebody may build
 * it anew meanwhile, and the last process shall run what the first one did.
 */
export async function compilePrograms (product: string): Promise<Compiled> {
  await mkdir(KEPT, { recursive: true })
  const folder = await mkdtemp(join(KEPT, 'storm-'))
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
  for (const name of await readdir(PROGRAMS)) {
    const { outputText } = ts.transpileModule(await readFile(join(PROGRAMS, name), 'utf8'), { compilerOptions })
    await writeFile(join(folder, name.replace(/\.ts$/, '.js')), outputText)
  }
  const build = join(folder, 'build')
  for (const part of PARTS) await cp(join(product, part), join(build, part), { recursive: true })
  return { folder, build }
}
