import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";

import { useEverySecond, useLoaded } from "./loading";
import { Problem } from "./Problem";

/** Shows what `load` returns; until then, that it is loading, or why it failed. */
export function Awaited<Value>(props: {
  load: () => Promise<Value>;
  of: string;
  show: (value: Value, reload: () => void) => ReactNode;
  again?: (value: Value) => boolean;
}) {
  const { value, problem, loading, reload } = useLoaded(props.load, props.of);
  useEverySecond(!loading && value !== undefined && !!props.again?.(value), reload);
  if (problem) return <Problem of={problem} />;
  if (value === undefined) return <StatusIndicator type="loading">Loading</StatusIndicator>;
  return props.show(value, reload);
}
