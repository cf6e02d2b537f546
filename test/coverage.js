/*
 * Which source files a test file's run counts for. What decides, and what people write and read, must be covered to the last line
 * and branch, by the tests of its own room or of the plugins that stand on it.
 *
 * Not counted is what is carried out against a store. Its branches are answers of servers that tests cannot all call forth (other
 * versions, failing discs, moments within a shutdown). It is tested by its promises, over real connections, with faults and
 * kills, and partly in processes of its own.
 */
const COUNTED = ['lib/definition/**', 'lib/outcome/**', 'lib/decision/**', 'lib/http/**', 'lib/settings/**', 'lib/errors.ts']
/** Rooms whose tests reach all of it. Nothing is counted while others run, since that takes a quarter of the time of a test file. */
const BY = new Set(['definition', 'outcome', 'decision', 'http', 'settings', 'plugins'])

export default file => {
  const [, folder, name] = file.split(/[/.]/)
  return BY.has(folder === 'rooms' ? name : folder) ? COUNTED : null
}
