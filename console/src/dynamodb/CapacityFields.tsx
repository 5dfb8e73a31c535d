import SpaceBetween from "@cloudscape-design/components/space-between";

import { OneOf, TextField } from "../kit/fields";
import type { Capacity } from "./tables";

export function CapacityFields({ value, change }: { value: Capacity; change: (value: Capacity) => void }) {
  const edit = (some: Partial<Capacity>) => change({ ...value, ...some });
  return (
    <SpaceBetween size="l">
      <OneOf
        label="Capacity mode"
        value={value.mode}
        change={(mode) => edit({ mode })}
        of={{ PAY_PER_REQUEST: "On-demand", PROVISIONED: "Provisioned" }}
      />
      {value.mode === "PROVISIONED" && (
        <SpaceBetween size="m">
          <TextField label="Read capacity units" type="number" value={value.read} change={(read) => edit({ read })} />
          <TextField label="Write capacity units" type="number" value={value.write} change={(write) => edit({ write })} />
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}
