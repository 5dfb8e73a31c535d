import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";

import { TYPES } from "./attributes";
import { CONDITIONS, hasValue, type Filter } from "./filters";

const NEW: Filter = { name: "", type: "S", compare: "=", text: "" };
const VALUES = { S: TYPES.S, N: TYPES.N, BOOL: TYPES.BOOL, NULL: TYPES.NULL };

export function Filters(props: { filters: Filter[]; change: (filters: Filter[]) => void }) {
  const { filters, change } = props;
  const edited = (place: number, some: Partial<Filter>) =>
    change(filters.map((each, at) => (at === place ? { ...each, ...some } : each)));
  const input = (label: string, field: "name" | "text") => (filter: Filter, place: number) => (
    <Input
      value={filter[field]}
      ariaLabel={`Filter ${place + 1} ${label}`}
      disabled={field === "text" && !hasValue(filter)}
      onChange={({ detail }) => edited(place, { [field]: detail.value })}
    />
  );
  const pick = (label: string, field: "type" | "compare", of: Record<string, string>) => (filter: Filter, place: number) => (
    <Select
      selectedOption={{ value: filter[field], label: of[filter[field]] }}
      options={Object.entries(of).map(([value, label]) => ({ value, label }))}
      ariaLabel={`Filter ${place + 1} ${label}`}
      onChange={({ detail }) => edited(place, { [field]: detail.selectedOption.value })}
    />
  );
  return (
    <FormField label="Filters - optional" stretch>
      <AttributeEditor
        items={filters}
        definition={[
          { label: "Attribute name", control: input("attribute name", "name") },
          { label: "Type", control: pick("type", "type", VALUES) },
          { label: "Condition", control: pick("condition", "compare", CONDITIONS) },
          { label: "Value", control: input("value", "text") },
        ]}
        addButtonText="Add filter"
        removeButtonText="Remove"
        removeButtonAriaLabel={({ name }) => `Remove filter ${name}`}
        empty="No filters"
        onAddButtonClick={() => change([...filters, NEW])}
        onRemoveButtonClick={({ detail }) => change(filters.filter((_, at) => at !== detail.itemIndex))}
      />
    </FormField>
  );
}
