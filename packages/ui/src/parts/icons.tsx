import {
  Ban,
  Circle,
  CircleCheck,
  CircleDashed,
  CircleX,
  Clock,
  FileText,
  Film,
  Grid3x3,
  Image,
  ImagePlus,
  LoaderCircle,
  Lock,
  type LucideIcon,
  Sparkles,
  Unplug,
  Users,
  Video,
} from 'lucide-react'
import { createElement } from 'react'
import type { Face } from '../state/face.ts'

const stepIcons = new Map<string | undefined, LucideIcon>([
  ['sparkles', Sparkles],
  ['users', Users],
  ['file-text', FileText],
  ['image', Image],
  ['video', Video],
  ['grid-3x3', Grid3x3],
  ['image-plus', ImagePlus],
  ['film', Film],
])

const faceIcons: Readonly<Record<Face, LucideIcon>> = {
  pending: Clock,
  active: LoaderCircle,
  succeeded: CircleCheck,
  failed: CircleX,
  canceled: Ban,
  interrupted: Unplug,
  unavailable: Lock,
  optional: CircleDashed,
}

/** A step's icon by its lucide name: those of the show pipeline, and a circle for any other name. */
export function StepIcon({ name }: { readonly name: string | undefined }) {
  return createElement(stepIcons.get(name) ?? Circle, {
    className: 'callsheet-icon callsheet-step-icon',
    'aria-hidden': true,
  })
}

/** A face's icon. It has a label only without text beside it. */
export function FaceIcon({ face, label }: { readonly face: Face; readonly label?: string | undefined }) {
  const Icon = faceIcons[face]
  const spoken = label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label }
  return (
    <span className={`callsheet-face callsheet-face--${face}`} {...spoken}>
      <Icon className="callsheet-icon" aria-hidden="true" />
    </span>
  )
}
