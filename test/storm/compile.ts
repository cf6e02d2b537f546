import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const PROGRAMS = fileURLToPath(new URL('./programs/', import.meta.url))
const KEPT = fileURLToPath(new URL('../../.tap/', import.meta.url))

/**
 * The storm's programs as JavaScript, in a folder of their own below the package, so that its dependencies are found. A process that has to
 * load a loader first takes twice as long to start, and a storm starts hundreds.
 */
export async function compilePrograms (): Promise<string> {
  await mkdir(KEPT, { recursive: true })
  const folder = await mkdtemp(join(KEPT, 'storm-'))
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
  for (const name of await readdir(PROGRAMS)) {
    const { outputText } = ts.transpileModule(await readFile(join(PROGRAMS, name), 'utf8'), { compilerOptions })
    await writeFile(join(folder, name.replace(/\.ts$/, '.js')), outputText)
  }
  return folder
}
