/*
 * Which source files a test file's run counts for. What decides, and what people write and read, must be covered to the last line
 * and branch, by the tests of its own room or of the rooms that stand on it.
 *
 * Not counted is what is carried out against a store. Its branches are answers of servers that tests cannot all call forth (other
 * versions, failing discs, moments within a shutdown). It is tested by its promises, over real connections, with faults and
 * kills, and partly in processes of its own.
 */
const COUNTED = ['lib/definition/**', 'lib/outcome/**', 'lib/decision/**', 'lib/http/**', 'lib/settings/**', 'lib/errors.ts']
/** Rooms that stand beside them or below; nothing is counted while their tests run, which takes a sixth of the time. */
const ELSEWHERE = new Set(['embedded', 'store', 'groups', 'process', 'model', 'storm', 'package'])

export default file => ELSEWHERE.has(file.split('/')[1]) ? null : COUNTED
