import { dirname, join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { codeBlocks, documents, root } from './markdown.js'

/** Each document has a folder of its own, within the package, so that `fastify-unistream` means what the package exports. */
const FOLDER = join(root, 'test/readme/virtual')

/** The code of all documents as files: under the name in their first line, else under one of their own. */
function filesOf (document: string): [string, string][] {
  return codeBlocks(document, 'ts').map(({ code, line }) => {
    const name = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `line-${line}.ts`
    return [join(FOLDER, document.replaceAll('/', '-'), name), code]
  })
}

function diagnose (files: ReadonlyMap<string, string>): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile, directoryExists } = host
  const folders = new Set([FOLDER, ...[...files.keys()].map(file => dirname(file))])
  host.getCurrentDirectory = () => root
  host.fileExists = file => files.has(file) || fileExists(file)
  host.directoryExists = folder => folders.has(folder) || directoryExists!(folder)
  host.readFile = file => files.get(file) ?? readFile(file)
  host.getSourceFile = (file, target, ...rest) => {
    const code = files.get(file)
    return code === undefined ? getSourceFile(file, target, ...rest) : ts.createSourceFile(file, code, target)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const place = file === undefined ? '' : `${file.fileName.replace(FOLDER, '')}:${file.getLineAndCharacterOfPosition(start ?? 0).line + 1}: `
    return place + ts.flattenDiagnosticMessageText(messageText, '\n')
  })
}

const files = new Map(documents.flatMap(filesOf))
const wrong: [string, string] = [join(FOLDER, 'wrong/wrong.ts'), 'import { defineCommand } from \'fastify-unistream\'\nexport default defineCommand\n']
// Together, since most of the time goes into the types that both stand on.
const faults = diagnose(new Map([...files, wrong]))
const isWrong = (fault: string) => fault.startsWith('/wrong/wrong.ts:')

t.test('the code in the documents compiles against the built package', async t => {
  t.ok(files.size > 5, 'there is code')
  t.same(faults.filter(fault => !isWrong(fault)), [])
})

t.test('code that does not fit the package is found', async t => {
  const [fault = ''] = faults.filter(isWrong)
  t.match(fault, /no exported member.*defineCommand/)
})
