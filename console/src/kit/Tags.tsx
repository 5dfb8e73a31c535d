import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";

export interface Tag {
  key: string;
  value: string;
}

export function Tags(props: { tags: Tag[]; change: (tags: Tag[]) => void; error?: string }) {
  const { tags, change } = props;
  const edited = (place: number, some: Partial<Tag>) =>
    change(tags.map((each, at) => (at === place ? { ...each, ...some } : each)));
  const input = (name: keyof Tag) => (tag: Tag, place: number) => (
    <Input
      value={tag[name]}
      ariaLabel={`Tag ${place + 1} ${name}`}
      onChange={({ detail }) => edited(place, { [name]: detail.value })}
    />
  );
  return (
    <FormField errorText={props.error} stretch>
      <AttributeEditor
        items={tags}
        definition={[
          { label: "Key", control: input("key") },
          { label: "Value - optional", control: input("value") },
        ]}
        addButtonText="Add tag"
        removeButtonText="Remove"
        removeButtonAriaLabel={({ key }) => `Remove tag ${key}`}
        empty="No tags"
        onAddButtonClick={() => change([...tags, { key: "", value: "" }])}
        onRemoveButtonClick={({ detail }) => change(tags.filter((_, at) => at !== detail.itemIndex))}
      />
    </FormField>
  );
}
