import { useEffect } from 'react'
import { openScreen } from './route.ts'
import { screenEntries } from './screens.ts'

const apple = /Mac|iPhone|iPad/.test(navigator.platform)

/** ⌘ or Ctrl, as this machine writes it. */
export const modifierKey = apple ? '⌘' : 'Ctrl '

/** True for the platform's command key: ⌘ on Apple's machines, Ctrl elsewhere. */
export function isCommand(event: KeyboardEvent | React.KeyboardEvent): boolean {
  return apple ? event.metaKey : event.ctrlKey
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
}

/** The studio-wide shortcuts: ⌘K, ⌘1…9, `g` and a letter, `/`, `?`. */
export function useShortcuts(open: { palette: () => void; help: () => void }): void {
  useEffect(() => {
    let going = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const onKeyDown = (event: KeyboardEvent) => {
      if (isCommand(event) && !event.shiftKey && !event.altKey) {
        const digit = screenEntries[Number(event.key) - 1]
        if (event.key === 'k') open.palette()
        else if (digit) openScreen(digit.name)
        else return
        event.preventDefault()
        return
      }
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
      const screen = going ? screenEntries.find((entry) => entry.letter === event.key) : undefined
      going = event.key === 'g' && !going
      clearTimeout(timer)
      timer = setTimeout(() => (going = false), 1200)
      if (screen) openScreen(screen.name)
      else if (event.key === '?') open.help()
      else if (event.key === '/') document.querySelector<HTMLInputElement>('main [data-search]')?.focus()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', onKeyDown)
    return () => {
      clearTimeout(timer)
      removeEventListener('keydown', onKeyDown)
    }
  }, [open])
}
