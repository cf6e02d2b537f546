/** The JavaScript of a source, which is kept on disk. */
export function transpiled (url: string): Promise<string>
