import type { FaultKind } from '../fault-plan.js'
import { burst, poison } from './load.js'
import { commandsLost } from './loss.js'
import { answerCut, answerWithheld, answersDelayed, connectionsDropped, halfOpen } from './network.js'
import { closing, doubled, doubledUnfit, gone, noise, unaddressedCommand, unknownCommand, unreadableCommand } from './plants.js'
import { clockStep, freeze, join, kill, leave, stop, storeHung } from './processes.js'
import type { Strike } from './scene.js'
import { idsForgotten, linksHeld, redelivery } from './store.js'
import { decidedTwice, deploy } from './versions.js'

export { isClosed } from './plants.js'
export { rollOut } from './versions.js'
export type { Scene } from './scene.js'

/** How each kind of fault is carried out. */
export const STRIKES: Readonly<Record<FaultKind, Strike>> = {
  kill,
  stop,
  freeze,
  deploy,
  decided_twice: decidedTwice,
  answer_cut: answerCut,
  answer_withheld: answerWithheld,
  answers_delayed: answersDelayed,
  half_open: halfOpen,
  connections_dropped: connectionsDropped,
  store_hung: storeHung,
  redelivery,
  join,
  leave,
  ids_forgotten: idsForgotten,
  commands_lost: commandsLost,
  links_held: linksHeld,
  clock_step: clockStep,
  burst,
  poison,
  plant_doubled: doubled,
  plant_doubled_unfit: doubledUnfit,
  plant_unknown_command: unknownCommand,
  plant_unreadable_command: unreadableCommand,
  plant_unaddressed_command: unaddressedCommand,
  plant_closing: closing,
  plant_noise: noise,
  plant_gone: gone
}
