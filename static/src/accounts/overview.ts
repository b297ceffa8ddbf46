import type { School } from "./me";

export interface Staff {
  id: string;
  kind: "administrator" | "teacher" | "moderator" | "visitor";
  name: string;
  email: string;
  school_id: string | null;
  countries: string[];
  disabled: boolean;
}

export interface Invitation {
  id: string;
  kind: Staff["kind"];
  email: string;
  school_id: string | null;
  expires_at: number;
}

export interface Project {
  id: string;
  title: string;
  state: string;
  members: number;
  schools: School[];
}

export interface Overview {
  schools: School[];
  staff: Staff[];
  invitations: Invitation[];
  projects: Project[];
}

export interface Part {
  overview: Overview;
  again: () => void;
}

/** Where administration is asked over HTTP. */
export const ADMINISTRATION = "/api/administration";
