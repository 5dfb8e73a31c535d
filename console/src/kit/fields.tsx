import Autosuggest from "@cloudscape-design/components/autosuggest";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input, { type InputProps } from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import Textarea from "@cloudscape-design/components/textarea";

import { told } from "./clients";
import { useLoaded } from "./loading";

interface Field<Value> {
  label: string;
  value: Value;
  change: (value: Value) => void;
  error?: string;
  says?: string;
}

export function TextField(
  props: Field<string> & { type?: InputProps.Type; placeholder?: string; fixed?: boolean },
) {
  return (
    <FormField label={props.label} errorText={props.error} description={props.says}>
      <Input
        value={props.value}
        type={props.type}
        placeholder={props.placeholder}
        readOnly={props.fixed}
        onChange={({ detail }) => props.change(detail.value)}
      />
    </FormField>
  );
}

export function LongField(props: Field<string> & { rows?: number }) {
  return (
    <FormField label={props.label} errorText={props.error} description={props.says} stretch>
      <Textarea
        value={props.value}
        rows={props.rows ?? 3}
        spellcheck={false}
        onChange={({ detail }) => props.change(detail.value)}
      />
    </FormField>
  );
}

export function Tick(props: Field<boolean>) {
  return (
    <Checkbox
      checked={props.value}
      description={props.says}
      onChange={({ detail }) => props.change(detail.checked)}
    >
      {props.label}
    </Checkbox>
  );
}

/** Checkboxes under one label; any number may be ticked. */
export function Ticks(props: {
  label: string;
  of: Record<string, string>;
  value: string[];
  change: (value: string[]) => void;
  error?: string;
}) {
  const toggled = (id: string, isOn: boolean) =>
    props.change(isOn ? [...props.value, id] : props.value.filter((each) => each !== id));
  return (
    <FormField label={props.label} errorText={props.error}>
      {Object.entries(props.of).map(([id, label]) => (
        <Tick key={id} label={label} value={props.value.includes(id)} change={(isOn) => toggled(id, isOn)} />
      ))}
    </FormField>
  );
}

export function OneOf<Value extends string>(props: Field<Value> & { of: Record<Value, string> }) {
  return (
    <FormField label={props.label} errorText={props.error} description={props.says}>
      <RadioGroup
        value={props.value}
        onChange={({ detail }) => props.change(detail.value as Value)}
        items={Object.entries<string>(props.of).map(([value, label]) => ({ value, label }))}
      />
    </FormField>
  );
}

/** New or existing: the choice in most parts of a trail. */
export function NewOrExisting(props: { of: string; isNew: boolean; change: (isNew: boolean) => void }) {
  return (
    <OneOf
      label={props.of}
      value={props.isNew ? "new" : "existing"}
      change={(value) => props.change(value === "new")}
      of={{ new: `Create new ${props.of}`, existing: `Use existing ${props.of}` }}
    />
  );
}

export function Pick<Value extends string>(
  props: Field<Value> & { of: Record<Value, string>; placeholder?: string },
) {
  const options = Object.entries<string>(props.of).map(([value, label]) => ({ value, label }));
  return (
    <FormField label={props.label} errorText={props.error} description={props.says}>
      <Select
        options={options}
        placeholder={props.placeholder}
        selectedOption={options.find(({ value }) => value === props.value) ?? null}
        onChange={({ detail }) => props.change(detail.selectedOption.value as Value)}
      />
    </FormField>
  );
}

/** Text with suggestions from an API. */
export function Suggest(props: Field<string> & { load: () => Promise<string[]> }) {
  const { value: known, problem, loading } = useLoaded(props.load);
  return (
    <FormField label={props.label} errorText={props.error} description={props.says}>
      <Autosuggest
        value={props.value}
        options={(known ?? []).map((value) => ({ value }))}
        onChange={({ detail }) => props.change(detail.value)}
        statusType={loading ? "loading" : problem ? "error" : "finished"}
        errorText={problem ? told(problem) : undefined}
        enteredTextLabel={(text) => `Use "${text}"`}
        empty="None yet"
      />
    </FormField>
  );
}
