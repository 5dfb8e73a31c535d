import Alert from "@cloudscape-design/components/alert";

import { code, told } from "./clients";

/** What went wrong with a call, in the API's words. */
export function Problem({ of }: { of: unknown }) {
  if (!of) return null;
  return (
    <Alert type="error" header={/AccessDenied/.test(code(of)) ? "You do not have permission" : "The call failed"}>
      {told(of)}
    </Alert>
  );
}
