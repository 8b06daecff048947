import { Unplug } from 'lucide-react'
import { Button } from '../components/button.tsx'
import { Prose } from '../components/prose.tsx'
import { useCall } from '../data/host.tsx'
import './host-status.css'

/** A line over the screen while the host does not answer; gone once it does. */
export function HostStatus() {
  const { error, refetch, isFetching } = useCall('app.info', {}, { refetchInterval: 5000, refetchIntervalInBackground: true })
  if (error === null) return null
  const denied = error.code === 'unauthorized' || error.code === 'forbidden' || error.code === 'invalid-token'
  return (
    <div className="host-status" role="alert">
      <Unplug size={15} aria-hidden />
      <span>
        <strong>{titleOf(error.code, denied)}</strong>{' '}
        <Prose
          text={
            denied
              ? 'Open the address that `millrace up` or `millrace serve` printed: it carries the key.'
              : `${error.message} ${error.mend ?? ''}`
          }
        />
      </span>
      <Button small busy={isFetching} onClick={() => void refetch()}>
        Try again
      </Button>
    </div>
  )
}

function titleOf(code: string, denied: boolean): string {
  if (denied) return 'The host does not know this browser.'
  return code === 'host-unreachable' ? 'The host does not answer.' : 'The host cannot work.'
}
