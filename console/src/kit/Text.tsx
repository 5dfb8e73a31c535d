import Box from "@cloudscape-design/components/box";

const MOST = 2_000_000;

/** Text as it is, cut where a browser would be busy for seconds. */
export function Text({ of, label }: { of: string; label: string }) {
  return (
    <>
      {of.length > MOST && <Box color="text-status-warning">Only the first 2 MB are shown. Download it to see the rest.</Box>}
      <pre className="text" tabIndex={0} aria-label={label}>
        {of.slice(0, MOST)}
      </pre>
    </>
  );
}
