import Alert from "@cloudscape-design/components/alert";
import { Component, type ReactNode } from "react";

/** Shows an error in place of the page that threw it; the rest of the console keeps working. */
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
        {problem.message}. Reload the page. The local AWS has kept what you did.
      </Alert>
    );
  }
}
