import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { Awaited } from "../kit/Awaited";
import { save } from "../kit/saving";
import { Text } from "../kit/Text";
import { crumbs } from "./BucketPage";
import { nameOf, textOf } from "./objects";

/** What is in an object, read in the page: log files are unpacked. */
export default function OpenPage({ at: [bucket = "", key = ""] }: { at: string[] }) {
  return (
    <SpaceBetween size="l">
      <BreadcrumbGroup ariaLabel="Folders" items={crumbs(bucket, key)} />
      <Awaited
        load={() => textOf(bucket, key)}
        of={`${bucket}/${key}`}
        show={(text) => (
          <Container
            header={
              <Header
                variant="h1"
                description={byName(text)}
                actions={<Button onClick={() => save(text, nameOf(key).replace(/\.gz$/, ""))}>Download unpacked</Button>}
              >
                {nameOf(key)}
              </Header>
            }
          >
            <Text of={text} label={nameOf(key)} />
          </Container>
        )}
      />
    </SpaceBetween>
  );
}

/** How many records a log file has, and of which events. */
function byName(text: string): string {
  const names = [...text.matchAll(/^ {6}"eventName": "([^"]+)"/gm)].map(([, name]) => name!);
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ${count}x`).join(", ");
}
