/** The text before the first `-`; nothing for system streams, and where there is none or nothing before it. */
export function categoryOf (stream: string): string | undefined {
  if (stream.startsWith('$')) return undefined
  const dash = stream.indexOf('-')
  return dash < 1 ? undefined : stream.slice(0, dash)
}
