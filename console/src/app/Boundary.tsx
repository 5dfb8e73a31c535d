import Alert from "@cloudscape-design/components/alert";
import { Component, type ReactNode } from "react";

/** An error that a page throws is shown in its place; the rest of the console goes on. */
export class Boundary extends Component<{ children: ReactNode }, { problem: Error | null }> {
  override state = { problem: null };

  static getDerivedStateFromError(problem: Error) {
    return { problem };
  }

  override render() {
    const { problem } = this.state as { problem: Error | null };
    if (!problem) return this.props.children;
    return (
      <Alert type="error" header="This page cannot be shown">
        {problem.message}. Load it again; what you did is kept by the local AWS.
      </Alert>
    );
  }
}
