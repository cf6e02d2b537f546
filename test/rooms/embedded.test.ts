import { room } from '../harness/room.js'

// Those of the disk are long, and would keep the others waiting.
await room('embedded', /^disk-/)
