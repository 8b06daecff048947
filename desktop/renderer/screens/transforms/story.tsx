import { splitByPlaces, type Place } from './place.ts'

/** What a transform's error says, its stack too; the lines of the file that it names lead there. */
export function Story({ text, file, onPlace }: { text: string; file: string; onPlace: (place: Place) => void }) {
  return (
    <pre className="story">
      {splitByPlaces(text, file).map((part, index) =>
        typeof part === 'string' ? (
          <span key={index}>{part}</span>
        ) : (
          <button key={index} type="button" title="Show the line" onClick={() => onPlace(part)}>
            {part.text}
          </button>
        ),
      )}
    </pre>
  )
}
