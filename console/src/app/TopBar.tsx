import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";

import { choose, appearance } from "./appearance";
import { go, to } from "./route";
import { regions } from "./regions";
import { services } from "./services";
import { chooseRegion, region, session, signOut, type Session } from "./session";

/** Account, user and Region at the top right, under a name and a colour that are not AWS's. */
export function TopBar() {
  const who = session.use();
  const where = region.use();
  appearance.use();
  return (
    <header id="top">
      <TopNavigation
        identity={{ href: "#/", title: "local AWS" }}
        utilities={who ? utilities(who, where) : []}
      />
    </header>
  );
}

function utilities(who: Session, where: string): TopNavigationProps.Utility[] {
  return [
    menu("Services", services.map(({ id, title }) => ({ id, text: title })), (id) => go(to(id))),
    menu(
      regions[where] ?? where,
      Object.entries(regions).map(([id, text]) => ({ id, text, description: id })),
      chooseRegion,
      "Region",
    ),
    menu(
      `${nameOf(who.arn)} @ ${who.account}`,
      [
        { id: "who", text: who.arn, disabled: true },
        { id: "light", text: "Light" },
        { id: "dark", text: "Dark" },
        { id: "", text: "Light or dark, like the browser" },
        { id: "out", text: "Sign out" },
      ],
      (id) => (id === "out" ? signOut() : choose(id)),
      "Account",
    ),
  ];
}

function menu(
  text: string,
  items: { id: string; text: string; description?: string; disabled?: boolean }[],
  chosen: (id: string) => void,
  label = text,
): TopNavigationProps.MenuDropdownUtility {
  return {
    type: "menu-dropdown",
    text,
    ariaLabel: label === text ? text : `${label}: ${text}`,
    disableTextCollapse: label === "Account",
    items,
    onItemClick: ({ detail }) => chosen(detail.id),
  };
}

/** `student` of `arn:aws:iam::111122223333:user/student`. */
export function nameOf(arn: string): string {
  return arn.split(":").slice(5).join(":").split("/").slice(-1)[0] ?? arn;
}
