import { Search, X } from 'lucide-react'
import { useRef } from 'react'
import { IconButton } from './button.tsx'
import './search-field.css'

/** A field that filters what is below it; `/` puts the cursor there, Esc empties it. */
export function SearchField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <div className="search-field">
      <Search size={14} aria-hidden />
      <input
        ref={input}
        type="text"
        data-search
        aria-label={label}
        placeholder={label}
        value={value}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          if (value) onChange('')
          else input.current?.blur()
        }}
      />
      {value ? (
        <IconButton
          icon={X}
          size={13}
          label="Clear the search"
          onClick={() => {
            onChange('')
            input.current?.focus()
          }}
        />
      ) : (
        <kbd aria-hidden>/</kbd>
      )}
    </div>
  )
}
