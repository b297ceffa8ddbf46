import type { Document } from "./store";

const TEACHERS = ["teacher-admin", "teacher"];
const AUTHORS = [...TEACHERS, "pupil-admin"];

interface Reader {
  member_id: string;
  role: string;
}

/** Tell whether somebody can make documents and folders, while the room is open. */
export function mayCreate(you: Reader, roomState: string | undefined): boolean {
  return AUTHORS.includes(you.role) && roomState === "open";
}

/** Tell whether somebody can rename and archive folders, while the room is open. */
export function mayChangeFolders(you: Reader, roomState: string | undefined): boolean {
  return TEACHERS.includes(you.role) && roomState === "open";
}

/** Tell whether somebody can rename, move and archive a document. */
export function mayChange(you: Reader, document: Document, roomState: string | undefined): boolean {
  const isWriter = AUTHORS.includes(you.role) || you.role === "pupil";
  return (
    roomState === "open" &&
    isWriter &&
    (TEACHERS.includes(you.role) || document.created_by === you.member_id)
  );
}
