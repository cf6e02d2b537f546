import { room } from '../harness/room.js'

await room('subscriber')
