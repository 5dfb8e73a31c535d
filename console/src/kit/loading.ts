import { useCallback, useEffect, useRef, useState } from "react";

export interface Loaded<Value> {
  value: Value | undefined;
  problem: unknown;
  loading: boolean;
  reload: () => void;
}

/** What `load` returns; it is called again when `of` changes. Only the latest call's result counts. */
export function useLoaded<Value>(load: () => Promise<Value>, ...of: unknown[]): Loaded<Value> {
  const [state, setState] = useState<{ value?: Value; problem?: unknown; loading: boolean }>({ loading: true });
  const [turn, setTurn] = useState(0);
  const asked = useRef(load);
  asked.current = load;
  useEffect(() => {
    let isOvertaken = false;
    setState((before) => ({ ...before, loading: true }));
    asked.current().then(
      (value) => isOvertaken || setState({ value, loading: false }),
      (problem) => isOvertaken || setState({ problem, loading: false }),
    );
    return () => {
      isOvertaken = true;
    };
  }, [turn, ...of]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { value: state.value, problem: state.problem, loading: state.loading, reload };
}

/** Call `again` every second while `isWanted`. */
export function useEverySecond(isWanted: boolean, again: () => void): void {
  useEffect(() => {
    if (!isWanted) return;
    const timer = setTimeout(again, 1000);
    return () => clearTimeout(timer);
  });
}
