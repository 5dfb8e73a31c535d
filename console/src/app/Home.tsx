import Cards from "@cloudscape-design/components/cards";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";

import { to } from "./route";
import { services } from "./services";

export function Home() {
  return (
    <Cards
      header={
        <Header variant="h1" description="Every click calls the local AWS, and its CloudTrail records the call.">
          Services
        </Header>
      }
      items={services}
      trackBy="id"
      cardDefinition={{
        header: ({ id, title }) => (
          <Link href={to(id)} fontSize="heading-m">
            {title}
          </Link>
        ),
        sections: [{ id: "says", content: ({ says }) => says }],
      }}
    />
  );
}
