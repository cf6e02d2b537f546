/**
 * Whether a server of this version can let the checkpoint of a PinnedByCorrelation group pass commands that nobody has
 * handled (KurrentDB#5497): mended in 24.10.14, 26.0.3 and 26.1. A version that cannot be read counts as one that can.
 */
export function losesCommands (version: string): boolean {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)
  if (match === null) return true
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
  if (major === 24) return minor < 10 || (minor === 10 && patch < 14)
  if (major === 26) return minor === 0 && patch < 3
  return major < 26
}
