import AppLayout from "@cloudscape-design/components/app-layout";
import Alert from "@cloudscape-design/components/alert";
import Flashbar from "@cloudscape-design/components/flashbar";
import { I18nProvider } from "@cloudscape-design/components/i18n";
import messages from "@cloudscape-design/components/i18n/messages/all.en.json";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { lazy, Suspense, useEffect, type ComponentType } from "react";

import { Boundary } from "./Boundary";
import { Home } from "./Home";
import { told } from "../kit/clients";
import { dismiss, notices, tell } from "./notices";
import { found } from "./pages";
import { to, useRoute } from "./route";
import { services, type Service } from "./services";
import { checkSession, region, session } from "./session";
import { SignIn } from "./SignIn";
import { TopBar } from "./TopBar";

// A service's pages are loaded once and kept.
const pagesOf = new Map(
  services.map((service) => [service.id, lazy(async () => ({ default: await loaded(service) }))]),
);

async function loaded(service: Service): Promise<ComponentType<{ at: string[] }>> {
  const { pages } = await service.load();
  return function Found({ at }) {
    const one = found(pages, at);
    if (!one) return <Alert type="warning">This page does not exist. Choose one in the menu.</Alert>;
    return <one.page at={one.at} />;
  };
}

export function App() {
  const who = session.use();
  useEffect(() => void checkSession().catch((problem) => tell("error", told(problem))), []);
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <TopBar />
      {who ? <Console key={who.accessKeyId} /> : <SignIn />}
    </I18nProvider>
  );
}

function Console() {
  const [id, ...at] = useRoute();
  const where = region.use();
  const service = services.find((each) => each.id === id);
  const Pages = service && pagesOf.get(service.id);
  useEffect(() => {
    document.title = service ? `${service.title} | local AWS` : "local AWS";
  }, [service]);
  return (
    <AppLayout
      headerSelector="#top"
      toolsHide
      navigationHide={!service}
      navigation={service && <Menu service={service} at={at} />}
      notifications={<Notices />}
      content={
        <Boundary key={`${where} ${id}/${at.join("/")}`}>
          <Suspense fallback={<StatusIndicator type="loading">Loading</StatusIndicator>}>
            {Pages ? <Pages at={at} /> : <Home />}
          </Suspense>
        </Boundary>
      }
    />
  );
}

function Menu({ service, at }: { service: Service; at: string[] }) {
  const items = service.menu.map(({ text, path }) => ({
    type: "link" as const,
    text,
    href: to(service.id, ...path),
  }));
  const depth = (path: string[]) => path.every((each, place) => each === at[place]) ? path.length : -1;
  const nearest = [...service.menu].sort((one, other) => depth(other.path) - depth(one.path))[0];
  return (
    <SideNavigation
      header={{ text: service.title, href: to(service.id) }}
      activeHref={to(service.id, ...(nearest?.path ?? []))}
      items={items}
    />
  );
}

function Notices() {
  const told = notices.use();
  return (
    <Flashbar
      items={told.map(({ id, type, content }) => ({
        id: String(id),
        type: type === "in-progress" ? "in-progress" : type,
        content,
        dismissible: type !== "in-progress",
        dismissLabel: "Dismiss",
        onDismiss: () => dismiss(id),
      }))}
    />
  );
}
