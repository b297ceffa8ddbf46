import type { ReactNode } from "react";
import {
  Tabs as AriaTabs,
  type TabsProps as AriaTabsProps,
  Tab,
  TabList,
  TabPanel,
} from "react-aria-components";
import style from "./tabs.module.css";

export interface TabPart {
  id: string;
  title: ReactNode;
  content: ReactNode;
  /** Makes the tab a link, so that the address says which one is open. */
  href?: string;
}

/** Show one part at a time; arrow keys go between the tabs. */
export function Tabs({
  label,
  parts,
  ...props
}: Omit<AriaTabsProps, "children" | "className"> & {
  label: string;
  parts: readonly TabPart[];
}) {
  return (
    <AriaTabs {...props} className={style.tabs ?? ""}>
      <TabList aria-label={label} className={style.list ?? ""}>
        {parts.map(({ id, title, href }) => (
          <Tab key={id} id={id} className={style.tab ?? ""} {...(href ? { href } : {})}>
            {title}
          </Tab>
        ))}
      </TabList>
      {parts.map(({ id, content }) => (
        <TabPanel key={id} id={id} className={style.panel ?? ""}>
          {content}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
