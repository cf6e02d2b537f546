/* Opens a log on disk, says so, and keeps it open: `open-log.ts FOLDER`. */
import { DiskLog } from '../../lib/embedded/log/disk/disk-log.js'

try {
  await DiskLog.open(process.argv[2]!, { visit: () => {} })
  console.log('open')
  setInterval(() => {}, 60_000)
} catch (error) {
  console.log((error as { code?: string }).code ?? String(error))
}
